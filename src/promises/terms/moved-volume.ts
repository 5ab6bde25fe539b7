import { isDeclared } from "../../plan/origin.js";
import type { Element, Plan, VolumeScope } from "../../plan/plan.js";
import type { Alert } from "../alerts.js";
import type { NodesNeeded } from "../capacity.js";
import { nodeMonitorGrace, podStartup, releasedByHand, volumeAttach } from "../facts/kubernetes.js";
import type { Domain } from "../placement/worst-placement.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, bounded, cited, unbounded, unknown } from "../prediction.js";
import { capacityElsewhere, type Placed, withoutRoom } from "./capacity.js";
import { onCallResponse, unnoticed } from "./store.js";

/** An element with a volume, and the storage class that it names. */
type WithVolume = Element & { readonly storageClass?: string | undefined };

/** A pod with a volume, what failed under it, and how many nodes of each pool the plan needs at its minimum. */
export interface Move {
  readonly placed: Placed;
  readonly lost: Domain;
  readonly nodesNeeded: NodesNeeded;
  /** Notifies the operator who releases it. */
  readonly alert: Alert;
}

/**
 * A pod with a volume on another node, of the same zone unless its volume spans several. Kubernetes does not replace a pod of a
 * StatefulSet on an unreachable node, because two pods of one name could run (kubernetes.io: Force Delete StatefulSet Pods): it
 * stays until the Node object is deleted or an operator releases it. `start` is what follows once the pod is scheduled.
 */
export function movedWithVolume(
  plan: Plan,
  subject: WithVolume,
  { placed, lost, nodesNeeded, alert }: Move,
  start: readonly Term[],
): Prediction {
  const unsafe = volumeAfterNodeLoss(plan, subject);
  if (unsafe) return unsafe;
  const sameZone = volumeScope(plan, subject) !== "regional";
  const room = capacityElsewhere(placed, plan, { lost, sameZone }, nodesNeeded);
  if (room.kind !== "some") return withoutRoom(room, plan, subject.path);
  const response = onCallResponse(plan, alert);
  if (!response) return unnoticed(plan, `that the pod of ${subject.name} must be released from the lost node`);
  return bounded(plan, subject.path, [
    cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)),
    ...response,
    assumed("pod released from the lost node by hand", releasedByHand.value, releasedByHand.why),
    room.term,
    cited("pod scheduled", podStartup),
    assumed("volume attached", volumeAttach.value, volumeAttach.why),
    ...start,
  ]);
}

/**
 * What the volume of an element survives: as the file declares it, or as the cloud's default storage class does. Another class
 * may be of any kind.
 */
export function volumeScope(plan: Plan, element: WithVolume): VolumeScope | undefined {
  const storageClass = element.storageClass ?? plan.cluster.storageClass;
  return storageClass === undefined || isDeclared(plan, "cluster.volumes") ? plan.cluster.volumes : undefined;
}

/** Why the volume of a subject is not available after the loss of its node; undefined if another node can attach it. */
export function volumeAfterNodeLoss(plan: Plan, subject: WithVolume): Prediction | undefined {
  const { name } = subject;
  switch (volumeScope(plan, subject)) {
    case "zonal":
    case "regional":
      return undefined;
    case "local":
      return unbounded(plan, "cluster.volumes", `the volume of ${name} is on a disk of the lost node`, {
        advice: "run replicas on other nodes, or use volumes that another node can attach",
      });
    case undefined:
      return notDeclared(plan, `it is not known whether the volume of ${name} survives its node`);
  }
}

/** Why the volume of a subject is not available after the loss of its zone; undefined if another zone can attach it. */
export function volumeAfterZoneLoss(plan: Plan, subject: WithVolume): Prediction | undefined {
  const { name, path } = subject;
  switch (volumeScope(plan, subject)) {
    case "regional":
      return undefined;
    case "zonal":
    case "local":
      return unbounded(plan, path, `the volume of ${name} is in the failed zone`, {
        advice:
          "run replicas in several zones, each with its own volume, or keep the state in a store that spans zones",
      });
    case undefined:
      return notDeclared(plan, `it is not known whether the volume of ${name} survives its zone`);
  }
}

function notDeclared(plan: Plan, why: string): Prediction {
  return unknown(plan, "cluster.volumes", why, {
    advice: "declare what the volumes of the cluster survive: `cluster: { volumes: zonal }`, or local, or regional",
  });
}
