import type { ITopologySpreadConstraint } from "kubernetes-models/v1";
import type { Plan, Spread, Store } from "../../plan/plan.js";
import { hasServers, storeTraits } from "../../plan/stores/index.js";
import { serverGroup } from "../../promises/placement/survival.js";
import { type MinDomains, NO_MINIMUM } from "../../promises/placement/worst-placement.js";

/**
 * Spreads the pods with these labels over zones and nodes. `perRevision`: only pods of the same revision count, so that
 * surge pods of a rollout do not skew the spread. `minDomains` is that of the predicted placement.
 */
export function topologySpread(
  matchLabels: Record<string, string>,
  spread: Spread,
  perRevision: boolean,
  minDomains: MinDomains,
): ITopologySpreadConstraint[] {
  const constraints = [
    ["topology.kubernetes.io/zone", spread.zones, minDomains.zones],
    ["kubernetes.io/hostname", spread.nodes, minDomains.nodes],
  ] as const;
  return constraints.flatMap(([topologyKey, strength, domains]) =>
    strength === "none"
      ? []
      : [
          {
            maxSkew: 1,
            topologyKey,
            whenUnsatisfiable: strength === "require" ? ("DoNotSchedule" as const) : ("ScheduleAnyway" as const),
            // Only a required spread may have a minimum.
            ...(strength === "require" && domains > 1 && { minDomains: domains }),
            labelSelector: { matchLabels },
            // Excludes unreachable nodes, which are tainted: their zone would count as one with too few pods.
            nodeTaintsPolicy: "Honor" as const,
            ...(perRevision && { matchLabelKeys: ["pod-template-hash"] }),
          },
        ],
  );
}

/** Spreads the servers of a store: required if the Plan predicts a failover between them, otherwise preferred. */
export function serverTopologySpread(
  plan: Plan,
  store: Store,
  matchLabels: Record<string, string>,
): ITopologySpreadConstraint[] {
  const strength = store.provider.failover ? "require" : "prefer";
  const several = plan.regions.some(({ role, zones }) => role === "primary" && zones.length > 1);
  const spread: Spread = {
    zones: several && storeTraits(store).spreadsOverZones ? strength : "none",
    nodes: strength,
  };
  const minDomains = hasServers(store) ? serverGroup(store, plan).minDomains : NO_MINIMUM;
  return topologySpread(matchLabels, spread, false, minDomains);
}
