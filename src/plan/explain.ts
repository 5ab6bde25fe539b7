import { isWithin } from "../platform-file/path.js";
import type { Origin, Path, Plan } from "./plan.js";

/** The provenance of one value, by its path in the platform file. */
export interface Explanation {
  readonly path: Path;
  readonly origin: Origin;
}

/** The provenance of every value at and below a path: declared values in the order of the file, then defaults. */
export function explain(plan: Pick<Plan, "origins">, path: Path): Explanation[] {
  return Object.entries(plan.origins)
    .filter(([key]) => path === "" || isWithin(key, path))
    .map(([key, origin]) => ({ path: key, origin }));
}
