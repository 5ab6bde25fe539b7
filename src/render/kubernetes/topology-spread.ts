import type { ITopologySpreadConstraint } from "kubernetes-models/v1";
import type { Plan, Spread, Store } from "../../plan/plan.js";

/**
 * Spreads the pods with these labels over zones and nodes. `perRevision`: only pods of the same revision count, so that
 * surge pods of a rollout do not skew the spread.
 */
export function topologySpread(
  matchLabels: Record<string, string>,
  spread: Spread,
  perRevision: boolean,
): ITopologySpreadConstraint[] {
  const constraints = [
    ["topology.kubernetes.io/zone", spread.zones],
    ["kubernetes.io/hostname", spread.nodes],
  ] as const;
  return constraints.flatMap(([topologyKey, strength]) =>
    strength === "none"
      ? []
      : [
          {
            maxSkew: 1,
            topologyKey,
            whenUnsatisfiable: strength === "require" ? ("DoNotSchedule" as const) : ("ScheduleAnyway" as const),
            labelSelector: { matchLabels },
            // Excludes unreachable nodes, which are tainted: their zone would count as one with too few pods.
            nodeTaintsPolicy: "Honor" as const,
            ...(perRevision && { matchLabelKeys: ["pod-template-hash"] }),
          },
        ],
  );
}

/** The spread of a store's servers: required if the Plan predicts a failover between them, otherwise preferred. */
export function serverSpread(plan: Plan, { provider }: Store): Spread {
  const strength = provider.failover ? "require" : "prefer";
  const several = plan.regions.some(({ role, zones }) => role === "primary" && zones.length > 1);
  return { zones: several ? strength : "none", nodes: strength };
}
