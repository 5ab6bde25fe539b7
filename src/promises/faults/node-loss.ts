import type { Plan, Unit } from "../../plan/plan.js";
import { storeTraits } from "../../plan/stores/index.js";
import { replicasMissing, storeDown } from "../alerts.js";
import { type NodesNeeded, nodesNeededAtMinimum } from "../capacity.js";
import { defineFault, type SubjectHandler, type SubjectHandlers } from "../fault.js";
import { serverSurvival, takesOver, unitSurvival } from "../placement/survival.js";
import type { Prediction, Term } from "../prediction.js";
import { bounded } from "../prediction.js";
import { storeUnavailableRunbook } from "../runbooks/stores.js";
import { moveUnit } from "../runbooks/units.js";
import { recreateBucket } from "../runbooks/volumes.js";
import type { Server } from "../subjects.js";
import { failsOver } from "../subjects.js";
import { isAssessed, lostByBucketNodeLoss, runsInCluster } from "../terms/bucket.js";
import { onOneMachine } from "../terms/machine.js";
import { volumeAfterNodeLoss } from "../terms/moved-volume.js";
import { replacement } from "../terms/replacement.js";
import { failover, lostByFailover, lostByRestart, movedServer } from "../terms/server.js";
import { lostByNodeLoss } from "../terms/state.js";
import { clientReconnect, serverProvisioning } from "../terms/store.js";
import { nodeFailureDetection, rescheduling } from "../terms/unit.js";
import { lostSinceBackup } from "./database-loss.js";

function inCluster(plan: Plan): SubjectHandlers {
  const nodesNeeded = nodesNeededAtMinimum(plan);
  const server: SubjectHandler<Server> = {
    rto: (server, plan) => serverRecovery(server, plan, nodesNeeded),
    rpo: lostWithNode,
    alert: storeDown,
    runbook: storeUnavailableRunbook,
  };
  return {
    unit: {
      rto: unitRecovery(nodesNeeded),
      rpo: lostByNodeLoss,
      alert: replicasMissing,
      runbook: (unit, plan) => moveUnit(unit, plan, "node"),
    },
    database: server,
    cache: server,
    broker: server,
    bucket: {
      affects: (bucket, plan) => runsInCluster(bucket) && isAssessed(bucket, plan),
      rto: (bucket, plan) => movedServer(bucket, plan, "node", nodesNeeded),
      rpo: lostByBucketNodeLoss,
      alert: storeDown,
      runbook: recreateBucket,
    },
    entrance: undefined,
    model: undefined,
    volume: undefined,
    platform: undefined,
  };
}

/** A node fails with everything that ran on it. Does not apply to one machine: that machine is the platform. */
export const nodeLoss = defineFault({
  id: "node-loss",
  title: "A node fails",
  includes: ["process-crash", "operator-loss"],
  on: (plan) => (onOneMachine(plan) ? undefined : inCluster(plan)),
  drill: { kind: "by hand", why: "it needs a cluster of several nodes" },
});

function unitRecovery(nodesNeeded: NodesNeeded): SubjectHandler<Unit>["rto"] {
  return (unit, plan) =>
    unitSurvival(unit, plan, "node").enough
      ? bounded(plan, unit.path, nodeFailureDetection(plan))
      : rescheduling(unit, plan, "node", nodesNeeded);
}

function serverRecovery(server: Server, plan: Plan, nodesNeeded: NodesNeeded): Prediction {
  if (takesOver(server, plan, "node")) return bounded(plan, server.path, failover(server, plan, "node"));
  if (server.provider.kind === "managed") return bounded(plan, server.path, replaced(server));
  if (!failsOver(server)) return movedOrReplaced(server, plan, nodesNeeded);
  const moved = movedServer(server, plan, "node", nodesNeeded);
  const { why } = serverSurvival(server, plan, "node");
  return moved.kind === "bounded" ? moved : { ...moved, why: `${why}; ${moved.why}` };
}

/**
 * A single server that may start empty is replaced where its volume is not available, or may not be. Of several, those that remain
 * have data that a replacement would discard.
 */
function movedOrReplaced(server: Server, plan: Plan, nodesNeeded: NodesNeeded): Prediction {
  const isLost = volumeAfterNodeLoss(plan, server) !== undefined;
  return isLost && storeTraits(server).withoutReplica.kind === "replace"
    ? replacement(server, plan, "node", nodesNeeded)
    : movedServer(server, plan, "node", nodesNeeded);
}

/** A server that a provider replaces on another machine. */
function replaced(server: Server): readonly Term[] {
  return [serverProvisioning(server), clientReconnect()];
}

function lostWithNode(server: Server, plan: Plan): Prediction {
  // Servers that wait for each other lose nothing once the missing ones have started with their volumes.
  if (takesOver(server, plan, "node")) return lostByFailover(server, plan);
  const volume = server.provider.kind === "managed" ? undefined : volumeAfterNodeLoss(plan, server);
  if (volume?.kind === "unbounded") return lostSinceBackup(server, plan);
  return volume ?? lostByRestart(server, plan);
}
