import type { Plan, Unit } from "../../plan/plan.js";
import { replicasMissing, storeDown } from "../alerts.js";
import { type NodesNeeded, nodesNeededAtMinimum } from "../capacity.js";
import { evictionToleration, forceDetach, nodeMonitorGrace, podStartup } from "../facts/kubernetes.js";
import { defineFault, type SubjectHandler, type SubjectHandlers } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, cited } from "../prediction.js";
import { storeUnavailableRunbook } from "../runbooks/stores.js";
import { moveUnit } from "../runbooks/units.js";
import type { Server } from "../subjects.js";
import { failsOver } from "../subjects.js";
import { onOneMachine, zones } from "../terms/machine.js";
import { failover, lostByFailover, lostByRestart } from "../terms/server.js";
import { lostByNodeLoss } from "../terms/state.js";
import { clientReconnect, serverProvisioning } from "../terms/store.js";
import { nodeFailureDetection, rescheduling } from "../terms/unit.js";

const server: SubjectHandler<Server> = {
  rto: serverRecovery,
  rpo: (server, plan) => (failsOver(server) ? lostByFailover(server, plan) : lostByRestart(server, plan)),
  alert: storeDown,
  runbook: storeUnavailableRunbook,
};

const inCluster = (plan: Plan): SubjectHandlers => ({
  unit: {
    rto: unitRecovery(nodesNeededAtMinimum(plan)),
    rpo: lostByNodeLoss,
    alert: replicasMissing,
    runbook: (unit, plan) => moveUnit(unit, plan, "node"),
  },
  database: server,
  cache: server,
  broker: server,
  bucket: undefined,
  model: undefined,
  platform: undefined,
});

/** A node fails with everything that ran on it. Does not apply to one machine: that machine is the platform. */
export const nodeLoss = defineFault({
  id: "node-loss",
  title: "A node fails",
  includes: "process-crash",
  on: (plan) => (onOneMachine(plan) ? undefined : inCluster(plan)),
  drill: undefined,
});

function unitRecovery(nodesNeeded: NodesNeeded): SubjectHandler<Unit>["rto"] {
  return (unit, plan) =>
    onSeveralNodes(unit, plan)
      ? bounded(plan, unit.path, nodeFailureDetection(plan))
      : rescheduling(unit, plan, "node", nodesNeeded);
}

/** `prefer` guarantees nothing: in the worst case the scheduler placed every replica on the node that fails. */
function onSeveralNodes(unit: Unit, plan: Plan): boolean {
  const required = unit.spread.nodes === "require" || (unit.spread.zones === "require" && zones(plan).length > 1);
  return unit.replicas.min > 1 && required;
}

function serverRecovery(server: Server, plan: Plan): Prediction {
  if (failsOver(server)) return bounded(plan, server.path, failover(server, plan, "node"));
  if (server.provider.kind === "managed") {
    return bounded(plan, server.path, [serverProvisioning(server), clientReconnect()]);
  }
  return bounded(plan, server.path, [
    cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)),
    cited("eviction of its pods", evictionToleration),
    cited("forced detach of its volume", forceDetach),
    cited("pod scheduled", podStartup),
    cited("restart of the server", server.provider.restart, server.provider.product),
    clientReconnect(),
  ]);
}
