import type { Plan, Unit } from "../../plan/plan.js";
import type { PodDisruptionBudget } from "./manifest.js";
import { metadata, selector } from "./metadata.js";

/** Keeps enough replicas through drains and upgrades. None for a unit that need not be available. */
export function disruptionBudget(plan: Plan, unit: Unit): PodDisruptionBudget | undefined {
  if (!unit.disruption) return undefined;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadata(plan, unit, unit.role),
    spec: {
      minAvailable: unit.disruption.minAvailable,
      selector: { matchLabels: selector(plan, unit.name) },
      // A pod that is running but not ready must not keep a node from being drained.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
