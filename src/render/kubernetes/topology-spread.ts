import type { ITopologySpreadConstraint } from "kubernetes-models/v1";
import type { Plan, Spread, Store } from "../../plan/plan.js";

/**
 * Pods of these labels over zones and over nodes. `perRevision` counts only pods of the same rollout, so that surge pods
 * do not skew it.
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
            // A zone whose nodes are unreachable must not count as one with too few pods: no pod could be replaced.
            nodeTaintsPolicy: "Honor" as const,
            ...(perRevision && { matchLabelKeys: ["pod-template-hash"] }),
          },
        ],
  );
}

/** A store's servers stand apart where the Plan counts on one of them taking over; else as far as there is room. */
export function serverSpread(plan: Plan, { provider }: Store): Spread {
  const strength = provider.failover ? "require" : "prefer";
  const several = plan.regions.some(({ role, zones }) => role === "primary" && zones.length > 1);
  return { zones: several ? strength : "none", nodes: strength };
}
