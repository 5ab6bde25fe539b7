import type { Plan } from "../../plan/plan.js";
import { type PlanDocument, planDocument } from "../plan-document.js";
import { indexOf, type PlanIndex } from "../plan-index.js";

/** The Plan that is rendered, with its index and document. */
export interface Scope {
  readonly plan: Plan;
  readonly index: PlanIndex;
  readonly document: PlanDocument;
}

export function scopeOf(plan: Plan): Scope {
  return { plan, index: indexOf(plan), document: planDocument(plan) };
}
