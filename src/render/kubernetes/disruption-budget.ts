import type { Plan, Unit } from "../../plan/plan.js";
import type { PodDisruptionBudget } from "./manifest.js";
import { metadata, selector } from "./metadata.js";

/** The replicas that must stay available during drains and upgrades. Undefined if the Plan sets no budget for the unit. */
export function disruptionBudget(plan: Plan, unit: Unit): PodDisruptionBudget | undefined {
  if (!unit.disruption) return undefined;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadata(plan, unit, unit.role),
    spec: {
      minAvailable: unit.disruption.minAvailable,
      selector: { matchLabels: selector(plan, unit.name) },
      // A pod that runs and is not ready must not block the drain of its node.
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    },
  };
}
