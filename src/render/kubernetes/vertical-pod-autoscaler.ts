import type { Plan, Resources, Unit } from "../../plan/plan.js";
import { formatList } from "../../platform-file/format.js";
import type { Note } from "../note.js";
import type { VerticalPodAutoscaler, WithNotes } from "./manifest.js";
import { metadata } from "./metadata.js";
import { resourceQuantities } from "./quantity.js";
import { WORKLOAD_KINDS } from "./workload.js";

/**
 * `Auto` is deprecated, and means Recreate (kubernetes/autoscaler, vertical-pod-autoscaler/pkg/apis/autoscaling.k8s.io/v1/types.go at
 * 55c37cd, read 2026-11-30).
 */
const UPDATE_MODES = { auto: "Recreate", recommend: "Off" } as const;

/**
 * The vertical autoscaler of a unit's main container; containers that a mesh injects keep their requests. Requests stay between
 * the declared request and the declared limit, and limits as declared: only then do node pools and memory suffice as the Plan
 * assumes. Undefined if the unit is not sized.
 */
export function verticalPodAutoscaler(plan: Plan, unit: Unit): WithNotes<VerticalPodAutoscaler> | undefined {
  if (unit.sizing === "off") return undefined;
  const object: VerticalPodAutoscaler = {
    apiVersion: "autoscaling.k8s.io/v1",
    kind: "VerticalPodAutoscaler",
    metadata: metadata(plan, unit, unit.role),
    spec: {
      targetRef: { apiVersion: "apps/v1", kind: WORKLOAD_KINDS[unit.workload], name: unit.name },
      updatePolicy: { updateMode: UPDATE_MODES[unit.sizing] },
      resourcePolicy: {
        containerPolicies: [
          { containerName: unit.name, controlledValues: "RequestsOnly", ...bounds(unit.resources) },
          { containerName: "*", mode: "Off" },
        ],
      },
    },
  };
  return { object, notes: unsizedSidecars(unit) };
}

function bounds({ cpu, memory }: Resources) {
  const { requests, limits } = resourceQuantities({ cpu, memory, gpu: { count: 0, kind: undefined }, disk: undefined });
  return { ...(requests && { minAllowed: requests }), ...(limits && { maxAllowed: limits }) };
}

/** Sidecars are init containers, whose usage the recommender discards (pkg/recommender/input/cluster_feeder.go at 55c37cd). */
function unsizedSidecars({ name, path, sidecars }: Unit): readonly Note[] {
  if (sidecars.length === 0) return [];
  const names = formatList(sidecars.map((sidecar) => sidecar.name));
  const message = `${name}: the Vertical Pod Autoscaler does not size its sidecars (${names}), which are init containers`;
  return [{ path: `${path}.sizing`, message }];
}
