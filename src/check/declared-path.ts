import { isDeclared } from "../plan/origin.js";
import type { Path, Plan } from "../plan/plan.js";

/** The first of these paths that the file declares (in the base or under the environment), otherwise the first. */
export function firstDeclared(plan: Plan, ...paths: readonly [Path, ...Path[]]): Path {
  return paths.find((path) => isDeclared(plan, path)) ?? paths[0];
}
