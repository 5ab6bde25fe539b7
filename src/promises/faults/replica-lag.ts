import type { Plan } from "../../plan/plan.js";
import { type DatabaseStore, storeTraits } from "../../plan/stores/index.js";
import { replicaBehind } from "../alerts.js";
import { toleratedLag } from "../facts/stores.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { assumed, bounded } from "../prediction.js";
import { rebuildReplica } from "../runbooks/stores.js";
import { failsOver } from "../subjects.js";
import { failover, lostByFailover } from "../terms/server.js";
import { onCallResponse, replicaCopy, serverProvisioning, unnoticed } from "../terms/store.js";

/**
 * A replica receives nothing, and the primary fails before the replica has been rebuilt. Replicas that commits wait for are not
 * affected: then it is the commits that wait, not the replica.
 */
export const replicaLag = defineFault({
  id: "replica-lag",
  title: "A replica falls behind, and the primary fails before the replica is rebuilt",
  includes: [],
  on: {
    database: {
      affects: isAsynchronous,
      rto: (database, plan) => bounded(plan, database.path, failover(database, plan, "process")),
      rpo: missingWrites,
      alert: replicaBehind,
      runbook: rebuildReplica,
    },
    cache: undefined,
    broker: undefined,
    bucket: undefined,
    entrance: undefined,
    unit: undefined,
    model: undefined,
    volume: undefined,
    platform: undefined,
  },
  drill: { kind: "by hand", why: "it needs a database with a standby, which one machine does not run" },
});

function isAsynchronous(database: DatabaseStore): boolean {
  return failsOver(database) && storeTraits(database).failoverLoss.kind === "assumed";
}

/**
 * With one standby, that is promoted, and it lacks everything since it fell behind. Of several the operator promotes the one
 * with the least lag.
 */
function missingWrites(database: DatabaseStore, plan: Plan): Prediction {
  if (storeTraits(database).copies > 2) return lostByFailover(database, plan);
  const response = onCallResponse(plan, replicaBehind(database, plan));
  if (!response) return unnoticed(plan, `that the standby of ${database.name} falls behind`);
  return bounded(plan, database.path, [
    assumed("lag at which the alert's condition holds", toleratedLag.value, toleratedLag.why),
    ...response,
    serverProvisioning(database),
    replicaCopy(database),
  ]);
}
