import { isWritten } from "../plan/origin.js";
import type { Objectives, Path, Plan } from "../plan/plan.js";

/** Where a promise is written: on the element itself, else on the platform, from which it is inherited. */
export function promisePath(plan: Plan, element: Objectives, of: "rto" | "rpo"): Path {
  const own = `${element.path}.${of}`;
  return isWritten(plan, own) ? own : `objectives.${of}`;
}

/** Whether an objective is written on the element itself: what is inherited has the origin of what it is inherited from. */
export function isOwn(plan: Plan, element: Objectives, of: "rto" | "rpo" | "availability" | "latency"): boolean {
  const own = plan.origins[`${element.path}.${of}`];
  const platform = plan.origins[`objectives.${of}`];
  if (own === undefined || own.kind === "default") return false;
  return !platform || own.line !== platform.line || own.column !== platform.column;
}
