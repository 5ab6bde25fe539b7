import type { Plan, Unit } from "../../plan/plan.js";
import type { DatabaseStore } from "../../plan/stores/index.js";
import { type BucketStore, storeTraits } from "../../plan/stores/index.js";
import { nodePressureReported, volumeNearlyFull } from "../alerts.js";
import { nodesNeededAtMinimum } from "../capacity.js";
import { maxRestartBackoff, podStartup, pressureTransition } from "../facts/kubernetes.js";
import { defineFault, type SubjectHandler, type SubjectHandlers } from "../fault.js";
import { takesOver, unitSurvival } from "../placement/survival.js";
import type { Prediction, Term } from "../prediction.js";
import { bounded, cited, unknown, worse } from "../prediction.js";
import { growVolume, relieveNode } from "../runbooks/pressure.js";
import { hasPersistentVolume, type Server } from "../subjects.js";
import { isAssessed, lostByBucketRestart, runsInCluster } from "../terms/bucket.js";
import { fixedVolume, grownByHand } from "../terms/full-volume.js";
import { onOneMachine } from "../terms/machine.js";
import { operatorEvicted } from "../terms/operator.js";
import {
  failover,
  failoverByReturningOperator,
  lostByFailover,
  lostByRestart,
  serverRestart,
} from "../terms/server.js";
import { lostByEviction } from "../terms/state.js";
import { killedReplicasRemoved, replacementOfEvicted } from "../terms/unit.js";

/**
 * A node runs out of memory or disk, and the kubelet kills pods at once until enough is free: those that use more than they request
 * first, by priority, without their grace period and in spite of disruption budgets. Or a volume is full, and its server stops.
 */
export const nodePressure = defineFault({
  id: "node-pressure",
  title: "A node runs out of memory or disk, or a volume is full",
  includes: [],
  on: (plan) => (onOneMachine(plan) ? onThisMachine : inCluster(plan)),
  drill: { kind: "by hand", why: "it needs a node whose memory or disk may be filled" },
});

const none = {
  unit: undefined,
  model: undefined,
  volume: undefined,
  entrance: undefined,
  platform: undefined,
  database: undefined,
  cache: undefined,
  broker: undefined,
  bucket: undefined,
};

function inCluster(plan: Plan): SubjectHandlers {
  const nodesNeeded = nodesNeededAtMinimum(plan);
  return {
    ...none,
    unit: {
      rto: (unit, plan) => {
        const evicted = unitSurvival(unit, plan, "node").enough
          ? bounded(plan, unit.path, killedReplicasRemoved())
          : replacementOfEvicted(unit, plan, nodesNeeded);
        return hasPersistentVolume(unit) ? worse(evicted, fullVolumeOf(unit, plan)) : evicted;
      },
      rpo: lostByEviction,
      alert: nodePressureReported,
      runbook: relieveNode,
    },
    database: server,
    cache: serverInCluster,
    broker: serverInCluster,
    bucket: {
      affects: (bucket, plan) => runsInCluster(bucket) && isAssessed(bucket, plan),
      rto: (bucket, plan) => fullVolumeOf(bucket, plan, serverRestart(bucket)),
      rpo: lostByBucketRestart,
      alert: volumeNearlyFull,
      runbook: growVolume,
    },
  };
}

/** A managed database has a disk too, and no node. */
const server: SubjectHandler<Server> = {
  rto: (server, plan) =>
    server.provider.kind === "managed"
      ? grownByHand(server, plan, serverRestart(server))
      : keepsData(server)
        ? worse(evictedServer(server, plan), fullVolumeOf(server, plan, serverRestart(server)))
        : evictedServer(server, plan),
  rpo: (server, plan) => (takesOver(server, plan, "node") ? lostByFailover(server, plan) : lostByRestart(server, plan)),
  alert: volumeNearlyFull,
  runbook: growVolume,
};

const serverInCluster: SubjectHandler<Server> = {
  ...server,
  affects: ({ provider }) => provider.kind === "in-cluster",
};

/** The disk of one machine has what every process writes. PostgreSQL stops first, because it cannot write its WAL. */
const onThisMachine: SubjectHandlers = {
  ...none,
  database: {
    rto: (database, plan) =>
      unknown(
        plan,
        database.path,
        "nothing notifies a person of a full disk of this machine, and no component frees space",
        {
          advice:
            "watch the free space (`keelson status` warns below 512 MiB), and exclude the fault: `objectives: { except: [node-pressure] }`",
        },
      ),
    rpo: (database, plan) => bounded(plan, database.path, [cited("nothing: writes are refused", refused)]),
    alert: volumeNearlyFull,
    runbook: growVolume,
  } satisfies SubjectHandler<DatabaseStore>,
};

const refused = {
  value: 0,
  source:
    "a full disk does not result in data corruption, and PostgreSQL shuts down if it cannot write its WAL (postgresql.org: Disk Full Failure)",
  read: "2026-11-30",
};

/** Its pod is killed, with every other server of the store on the node. Another server takes over, or it starts again where its volume is. */
function evictedServer(server: Server, plan: Plan): Prediction {
  if (!takesOver(server, plan, "node")) {
    const terms = [
      cited("pressure of the node ends", pressureTransition),
      cited("pod scheduled", podStartup),
      ...serverRestart(server),
    ];
    return bounded(plan, server.path, terms);
  }
  // The operator may have been evicted from the same node. It starts on another one, while the failure is detected.
  return bounded(
    plan,
    server.path,
    server.provider.failover?.by === "operator"
      ? failoverByReturningOperator(server, operatorEvicted(plan))
      : failover(server, plan, "process"),
  );
}

function fullVolumeOf(subject: Unit | Server | BucketStore, plan: Plan, start: readonly Term[] = []): Prediction {
  return (
    fixedVolume(subject, plan) ?? grownByHand(subject, plan, [cited("restart back-off", maxRestartBackoff), ...start])
  );
}

/** A cache without an append-only file has nothing on its volume that grows. */
function keepsData(server: Server): boolean {
  return storeTraits(server).restartLoss.kind !== "all";
}
