import type { Path, Plan } from "../plan/plan.js";

/** The first of these paths that stands in the file (in the base or under the environment), else the first of all. */
export function written(plan: Plan, ...paths: readonly [Path, ...Path[]]): Path {
  return paths.find((path) => stands(plan, path)) ?? paths[0];
}

function stands(plan: Plan, path: Path): boolean {
  const origin = plan.origins[path];
  return origin !== undefined && origin.kind !== "default";
}
