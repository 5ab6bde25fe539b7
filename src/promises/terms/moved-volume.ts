import type { Element, Plan } from "../../plan/plan.js";
import { nodeMonitorGrace, podStartup, releasedByHand, volumeAttach } from "../facts/kubernetes.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, unbounded, unknown } from "../prediction.js";
import { onCallResponse } from "./store.js";

/**
 * A pod with a volume on another node. Kubernetes does not replace a pod of a StatefulSet on an unreachable node, because
 * two pods of one name could run (kubernetes.io: Force Delete StatefulSet Pods): it stays until the Node object is
 * deleted or an operator releases it. `start` is what follows once the pod is scheduled.
 */
export function movedWithVolume(
  plan: Plan,
  subject: Element,
  capacity: readonly Term[],
  start: readonly Term[],
): Prediction {
  const unsafe = volumeAfterNodeLoss(plan, subject);
  if (unsafe) return unsafe;
  const response = onCallResponse(plan);
  if (!response) {
    const why = `no metrics are stored, so no one is notified that the pod of ${subject.name} must be released from the lost node`;
    return unknown(plan, "observe.metrics", why);
  }
  return bounded(plan, subject.path, [
    cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)),
    ...response,
    assumed("pod released from the lost node by hand", releasedByHand.value, releasedByHand.why),
    ...capacity,
    cited("pod scheduled", podStartup),
    assumed("volume attached", volumeAttach.value, volumeAttach.why),
    ...start,
  ]);
}

/** Why the volume of a subject is not available after the loss of its node; undefined if another node can attach it. */
export function volumeAfterNodeLoss(plan: Plan, { name }: Element): Prediction | undefined {
  switch (plan.cluster.volumes) {
    case "zonal":
    case "regional":
      return undefined;
    case "local":
      return unbounded(plan, "cluster.volumes", `the volume of ${name} is on a disk of the lost node`, {
        advice: "run replicas on other nodes, or use volumes that another node can attach",
      });
    case undefined:
      return unknown(plan, "cluster.volumes", `it is not known whether the volume of ${name} survives its node`, {
        advice: "declare what the volumes of the cluster survive: `cluster: { volumes: zonal }`, or local, or regional",
      });
  }
}
