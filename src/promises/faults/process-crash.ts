import type { Plan, Unit } from "../../plan/plan.js";
import type { BucketStore } from "../../plan/stores/index.js";
import { replicasMissing, serverDown, storeDown } from "../alerts.js";
import { sharedWatch, type Watch } from "../facts/supervisor.js";
import { defineFault, type SubjectHandler } from "../fault.js";
import { takesOver, unitSurvival } from "../placement/survival.js";
import type { Prediction } from "../prediction.js";
import { bounded, cited } from "../prediction.js";
import { storeUnavailableRunbook } from "../runbooks/stores.js";
import { restartUnit } from "../runbooks/units.js";
import { recreateBucket } from "../runbooks/volumes.js";
import type { Server } from "../subjects.js";
import { bucketRestart, isAssessed, lostByBucketRestart, runsInCluster } from "../terms/bucket.js";
import { onOneMachine } from "../terms/machine.js";
import { unknownIfNotRun } from "../terms/not-run.js";
import { failover, hungServerRecovery, lostByFailover, lostByRestart } from "../terms/server.js";
import { lostByProcessCrash } from "../terms/state.js";
import { clientReconnect, storeDetection, unnoticed } from "../terms/store.js";
import { containerRestart, supervisorRestart, unreadyReplicaRemoved, withoutProbe } from "../terms/unit.js";

const server: SubjectHandler<Server> = {
  rto: (server, plan) => unknownIfNotRun(server, plan) ?? serverRecovery(server, plan),
  rpo: (server, plan) =>
    unknownIfNotRun(server, plan) ??
    (takesOver(server, plan, "process") ? lostByFailover(server, plan) : lostByRestart(server, plan)),
  alert: (server, plan) =>
    server.provider.failover?.ignoresHang === undefined ? storeDown(server, plan) : serverDown(server, plan),
  runbook: storeUnavailableRunbook,
};

/** One process exits or hangs. It had run for a while before, so its restart back-off is at the first step. */
export const processCrash = defineFault({
  id: "process-crash",
  title: "A process exits or hangs",
  includes: [],
  on: (plan) => ({
    unit: onOneMachine(plan) ? supervisedUnit(sharedWatch(plan)) : unitInCluster,
    database: server,
    cache: server,
    broker: server,
    bucket: bucketInCluster,
    entrance: undefined,
    model: undefined,
    volume: undefined,
    platform: undefined,
  }),
  drill: { kind: "keelson", name: "process-crash" },
});

const bucketInCluster: SubjectHandler<BucketStore> = {
  affects: (bucket, plan) => runsInCluster(bucket) && isAssessed(bucket, plan),
  rto: (bucket, plan) => bounded(plan, bucket.path, bucketRestart(bucket)),
  rpo: lostByBucketRestart,
  alert: storeDown,
  runbook: recreateBucket,
};

const unitInCluster: SubjectHandler<Unit> = {
  rto: recoveryInCluster,
  rpo: lostByProcessCrash,
  alert: replicasMissing,
  runbook: restartUnit,
};

function supervisedUnit(sharedProcess: Watch): SubjectHandler<Unit> {
  return {
    ...unitInCluster,
    rto: (unit, plan) =>
      unknownIfNotRun(unit, plan) ?? bounded(plan, unit.path, supervisorRestart(unit, plan, sharedProcess)),
    rpo: (unit, plan) => unknownIfNotRun(unit, plan) ?? lostByProcessCrash(unit, plan),
  };
}

/** The other replicas continue if they suffice; otherwise the container has to restart. */
export function recoveryInCluster(unit: Unit, plan: Plan): Prediction {
  if (unit.ports.length === 0) return withoutProbe(unit, plan);
  const { enough } = unitSurvival(unit, plan, "process");
  const terms = enough ? unreadyReplicaRemoved(unit, plan) : containerRestart(unit, plan);
  return bounded(plan, unit.path, terms);
}

function serverRecovery(server: Server, plan: Plan): Prediction {
  const ignored = server.provider.failover?.ignoresHang;
  if (ignored !== undefined) {
    const terms = hungServerRecovery(server, plan, takesOver(server, plan, "process"));
    return terms
      ? bounded(plan, server.path, terms)
      : unnoticed(plan, `that a server of ${server.name} hangs: ${ignored}`);
  }
  if (takesOver(server, plan, "process")) return bounded(plan, server.path, failover(server, plan, "process"));
  return bounded(plan, server.path, [
    // In a cluster and at a managed provider the restart figure includes detection.
    ...(server.provider.kind === "embedded" ? storeDetection(server, plan) : []),
    cited("restart of the server", server.provider.restart, server.provider.product),
    clientReconnect(),
  ]);
}
