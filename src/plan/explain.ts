import type { Origin, Path, Plan } from "./plan.js";

/** One value of the file's vocabulary: where it came from. */
export interface Explanation {
  readonly path: Path;
  readonly origin: Origin;
}

/** Where every value at and below a path came from, in the order of the file; defaults after what is written. */
export function explain(plan: Pick<Plan, "origins">, path: Path): Explanation[] {
  return Object.entries(plan.origins)
    .filter(([key]) => path === "" || key === path || key.startsWith(`${path}.`) || key.startsWith(`${path}[`))
    .map(([key, origin]) => ({ path: key, origin }));
}
