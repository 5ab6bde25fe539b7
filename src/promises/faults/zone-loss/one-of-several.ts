import type { Plan, Unit } from "../../../plan/plan.js";
import { storeTraits } from "../../../plan/stores/index.js";
import { replicasMissing, storeDown } from "../../alerts.js";
import { type NodesNeeded, nodesNeededAtMinimum } from "../../capacity.js";
import type { SubjectHandler, SubjectHandlers } from "../../fault.js";
import { takesOver, unitSurvival } from "../../placement/survival.js";
import type { Prediction } from "../../prediction.js";
import { bounded, unbounded } from "../../prediction.js";
import type { Runbook } from "../../runbooks/runbook.js";
import { restoreDatabase, storeUnavailableRunbook } from "../../runbooks/stores.js";
import { moveUnit } from "../../runbooks/units.js";
import { recreateBucket } from "../../runbooks/volumes.js";
import { failsOver, hasPersistentVolume, type Server } from "../../subjects.js";
import { backupsSurviveZoneLoss } from "../../terms/backup-location.js";
import { isAssessed, lostByBucketZoneLoss, runsInCluster } from "../../terms/bucket.js";
import { zones } from "../../terms/machine.js";
import { volumeAfterZoneLoss, volumeScope } from "../../terms/moved-volume.js";
import { replacement, withoutNode } from "../../terms/replacement.js";
import { failover, lostByFailover, lostByRestart, movedServer } from "../../terms/server.js";
import { lostByZoneLoss } from "../../terms/state.js";
import { nodeFailureDetection, rescheduling } from "../../terms/unit.js";
import { restoreFromBackup } from "../database-loss.js";
import { entranceInLostZone } from "../entrance-loss.js";
import { backupsInSameZone, lostWithZone } from "./lost-with-zone.js";

/** A store whose replica in another zone takes over stays available; the others recover without a replica. */
function serversOf<Kind extends Server>(
  recoveryRunbook: (server: Kind, plan: Plan) => Runbook,
  nodesNeeded: NodesNeeded,
): SubjectHandler<Kind> {
  return {
    rto: (server, plan) =>
      survives(server, plan)
        ? bounded(plan, server.path, failover(server, plan, "zone"))
        : recoveryWithoutReplica(server, plan, nodesNeeded),
    rpo: (server, plan) => {
      if (survives(server, plan)) return lostByFailover(server, plan);
      return movesToAnotherZone(server, plan) ? lostByRestart(server, plan) : lostWithZone(server, plan);
    },
    alert: storeDown,
    runbook: (server, plan) => (survives(server, plan) ? storeUnavailableRunbook : recoveryRunbook)(server, plan),
  };
}

/** The other zones remain: what has a replica there fails over, the rest is rescheduled or restored there. */
export function inOneOfSeveralZones(plan: Plan): SubjectHandlers {
  const nodesNeeded = nodesNeededAtMinimum(plan);
  return {
    unit: {
      rto: unitRecovery(nodesNeeded),
      rpo: lostByZoneLoss,
      alert: replicasMissing,
      runbook: (unit, plan) => moveUnit(unit, plan, "zone"),
    },
    entrance: entranceInLostZone(plan),
    database: serversOf(restoreDatabase, nodesNeeded),
    cache: serversOf(storeUnavailableRunbook, nodesNeeded),
    broker: serversOf(storeUnavailableRunbook, nodesNeeded),
    bucket: {
      affects: (bucket, plan) => runsInCluster(bucket) && isAssessed(bucket, plan),
      rto: (bucket, plan) => volumeAfterZoneLoss(plan, bucket) ?? movedServer(bucket, plan, "zone", nodesNeeded),
      rpo: lostByBucketZoneLoss,
      alert: storeDown,
      runbook: recreateBucket,
    },
    model: undefined,
    volume: undefined,
    platform: undefined,
  };
}

/** Whether the replicas in the other zones take over. Of a managed store the kind defines how many zones that needs. */
function survives(server: Server, plan: Plan): boolean {
  if (server.provider.kind !== "managed") return takesOver(server, plan, "zone");
  if (!failsOver(server)) return false;
  const { minZones } = storeTraits(server);
  return minZones !== undefined && zones(plan).length >= minZones;
}

function unitRecovery(nodesNeeded: NodesNeeded): SubjectHandler<Unit>["rto"] {
  return (unit, plan) => {
    if (unitSurvival(unit, plan, "zone").enough) return bounded(plan, unit.path, nodeFailureDetection(plan));
    const unavailable = hasPersistentVolume(unit) ? volumeAfterZoneLoss(plan, unit) : undefined;
    return unavailable ?? rescheduling(unit, plan, "zone", nodesNeeded);
  };
}

/** A volume that spans zones is attached in another one, as after the loss of a node. */
function recoveryWithoutReplica(server: Server, plan: Plan, nodesNeeded: NodesNeeded): Prediction {
  if (movesToAnotherZone(server, plan)) return movedServer(server, plan, "zone", nodesNeeded);
  const { withoutReplica } = storeTraits(server);
  switch (withoutReplica.kind) {
    case "restore": {
      const restored = withoutNode(server, plan, "zone", nodesNeeded) ?? restoreFromBackup(server, plan);
      return restored.kind === "bounded" && !backupsSurviveZoneLoss(server, plan)
        ? backupsInSameZone(server, plan)
        : restored;
    }
    case "replace":
      return replacement(server, plan, "zone", nodesNeeded);
    case "wait": {
      const { why, advice, key, value } = withoutReplica;
      return unbounded(plan, server.path, why, { advice, edits: [{ path: `${server.path}.${key}`, value }] });
    }
  }
}

function movesToAnotherZone(server: Server, plan: Plan): boolean {
  return server.provider.kind === "in-cluster" && volumeScope(plan, server) === "regional";
}
