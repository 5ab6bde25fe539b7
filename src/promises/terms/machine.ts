import type { Plan } from "../../plan/plan.js";

/**
 * Whether the plan runs as processes of one machine (`keelson up`): a supervisor restarts them, and there is neither
 * a node nor a zone to lose without losing everything.
 */
export function onOneMachine(plan: Plan): boolean {
  return plan.provide === "embedded";
}

/** Zones of the region that serves; at least one. */
export function zones(plan: Plan): readonly string[] {
  return plan.regions.find(({ role }) => role === "primary")?.zones ?? [];
}
