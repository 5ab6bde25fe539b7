import { isWritten } from "../plan/origin.js";
import type { Objectives, Path, Plan } from "../plan/plan.js";

/** Where a promise is written: on the element itself, else on the platform, from which it is inherited. */
export function promisePath(plan: Plan, element: Objectives, of: "rto" | "rpo"): Path {
  const own = `${element.path}.${of}`;
  return isWritten(plan, own) ? own : `objectives.${of}`;
}
