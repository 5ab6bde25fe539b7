import { isDeclared } from "../plan/origin.js";
import type { Objectives, Path, Plan } from "../plan/plan.js";

export type ObjectiveName = "rto" | "rpo" | "availability" | "latency";

/** The path that declares a recovery objective: the element's own, otherwise the platform's, which it inherits. */
export function recoveryObjectivePath(plan: Plan, element: Objectives, of: "rto" | "rpo"): Path {
  const own = `${element.path}.${of}`;
  return isDeclared(plan, own) ? own : `objectives.${of}`;
}

/** The path that declares an objective of an SLO target: the target's own, otherwise the platform's, which it inherits. */
export function sloObjectivePath(plan: Plan, element: Objectives, of: "availability" | "latency"): Path {
  return isOwnObjective(plan, element, of) ? `${element.path}.${of}` : `objectives.${of}`;
}

/** Whether an objective is declared on the element itself, and not inherited from the platform's. */
export function isOwnObjective(plan: Plan, element: Objectives, of: ObjectiveName): boolean {
  const own = plan.origins[`${element.path}.${of}`];
  return own !== undefined && own.kind !== "default" && own.inheritedFrom === undefined;
}
