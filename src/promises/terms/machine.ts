import type { Plan } from "../../plan/plan.js";
import { hasZones } from "../facts/machines.js";

/**
 * Whether the plan runs as processes of one machine (`keelson up`). A supervisor restarts them, and the loss of the
 * node or the zone is the loss of the whole platform.
 */
export function onOneMachine(plan: Plan): boolean {
  return plan.provide === "embedded";
}

/** Zones of the primary region, at least one: those declared, where the cloud has zones that fail independently. */
export function zones(plan: Plan): readonly string[] {
  const declared = plan.regions.find(({ role }) => role === "primary")?.zones ?? [];
  return hasZones(plan.cloud) ? declared : declared.slice(0, 1);
}
