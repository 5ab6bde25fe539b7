import type { ITopologySpreadConstraint } from "kubernetes-models/v1";
import type { Plan, Spread } from "../../plan/plan.js";
import { selector } from "./metadata.js";

/** Over zones and over nodes. `perRevision` counts only pods of the same rollout, so that surge pods do not skew it. */
export function topologySpread(
  plan: Plan,
  name: string,
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
            labelSelector: { matchLabels: selector(plan, name) },
            // A zone whose nodes have gone silent must not count as one that has too few: nothing could be replaced.
            nodeTaintsPolicy: "Honor" as const,
            ...(perRevision && { matchLabelKeys: ["pod-template-hash"] }),
          },
        ],
  );
}
