import { isWritten } from "../plan/origin.js";
import type { Path, Plan } from "../plan/plan.js";

/** The first of these paths that stands in the file (in the base or under the environment), else the first of all. */
export function written(plan: Plan, ...paths: readonly [Path, ...Path[]]): Path {
  return paths.find((path) => isWritten(plan, path)) ?? paths[0];
}
