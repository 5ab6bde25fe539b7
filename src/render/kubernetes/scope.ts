import type { Plan } from "../../plan/plan.js";
import { type PlanDocument, planDocument } from "../plan-document.js";

/** What the files of this folder share while one Plan is rendered. */
export interface Scope {
  readonly plan: Plan;
  readonly document: PlanDocument;
}

export function scopeOf(plan: Plan): Scope {
  return { plan, document: planDocument(plan) };
}
