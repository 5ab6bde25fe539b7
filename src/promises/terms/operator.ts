import type { Plan } from "../../plan/plan.js";
import { evictionToleration, nodeMonitorGrace, operatorLease, operatorStart, podStartup } from "../facts/kubernetes.js";
import type { Domain } from "../placement/worst-placement.js";
import type { Term } from "../prediction.js";
import { assumed, cited } from "../prediction.js";

/**
 * The leader of an operator was lost with a node or a zone that Kubernetes has marked unready: another replica takes its lease, or a
 * new pod is scheduled. Replicas are on different nodes (`cluster.operators`), and nothing places them in different zones.
 */
export function operatorTakeover(plan: Plan, lost: Domain): readonly Term[] {
  return hasAnotherReplica(plan, lost)
    ? leaseTaken()
    : [cited("eviction of the operator", evictionToleration), ...startedElsewhere()];
}

/** The leader was killed at once by the kubelet of a node under pressure: nothing waits for a toleration. */
export function operatorEvicted(plan: Plan): readonly Term[] {
  return hasAnotherReplica(plan, "node") ? leaseTaken() : startedElsewhere();
}

/** The same from the moment of the loss. Another replica takes the lease whether the node is marked or not. */
export function operatorReturn(plan: Plan): readonly Term[] {
  const takeover = operatorTakeover(plan, "node");
  return hasAnotherReplica(plan, "node")
    ? takeover
    : [cited("node of the operator marked unready", nodeMonitorGrace(plan.cluster.kubernetes)), ...takeover];
}

function leaseTaken(): readonly Term[] {
  return [cited("lease of the operator expires", operatorLease)];
}

function startedElsewhere(): readonly Term[] {
  return [cited("operator scheduled", podStartup), assumed("operator started", operatorStart.value, operatorStart.why)];
}

function hasAnotherReplica({ cluster }: Plan, lost: Domain): boolean {
  return cluster.operators > 1 && lost === "node";
}
