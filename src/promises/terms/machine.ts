import type { Plan } from "../../plan/plan.js";
import { hasZones } from "../facts/machines.js";

/**
 * Whether the plan runs as processes of one machine (`keelson up`): a supervisor restarts them, and there is neither
 * a node nor a zone to lose without losing everything.
 */
export function onOneMachine(plan: Plan): boolean {
  return plan.provide === "embedded";
}

/** Zones of the region that serves, at least one: as many as are named, where the cloud has any that could be lost alone. */
export function zones(plan: Plan): readonly string[] {
  const named = plan.regions.find(({ role }) => role === "primary")?.zones ?? [];
  return hasZones(plan.cloud) ? named : named.slice(0, 1);
}
