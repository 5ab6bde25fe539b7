import type { Plan, Unit } from "../../plan/plan.js";
import { replicasMissing, storeDown } from "../alerts.js";
import { evictionToleration, forceDetach, nodeMonitorGrace, podStartup } from "../facts/kubernetes.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, cited } from "../prediction.js";
import { storeAnswersNot } from "../runbooks/stores.js";
import { moveUnit } from "../runbooks/units.js";
import type { Server } from "../subjects.js";
import { failsOver, isUnit, running } from "../subjects.js";
import { onOneMachine, zones } from "../terms/machine.js";
import { failedOver, lostByRestart, missedByReplica } from "../terms/server.js";
import { lostByNode } from "../terms/state.js";
import { provisioned, reconnected } from "../terms/store.js";
import { nodeNoticed, rescheduled } from "../terms/unit.js";

/** A machine is gone with everything that ran on it. On a laptop that is the platform itself: nothing is promised there. */
export const nodeLoss = defineFault<Unit | Server>({
  id: "node-loss",
  title: "A machine is gone",
  subjects: (plan) => (onOneMachine(plan) ? [] : running(plan)),
  rto: (subject, plan) => (isUnit(subject) ? unitServesAgain(subject, plan) : serverAnswersAgain(subject, plan)),
  rpo: (subject, plan) => {
    if (isUnit(subject)) return lostByNode(subject, plan);
    return failsOver(subject) ? missedByReplica(subject, plan) : lostByRestart(subject, plan);
  },
  alert: (subject, plan) => (isUnit(subject) ? replicasMissing(subject, plan) : storeDown(subject, plan)),
  runbook: (subject, plan) => (isUnit(subject) ? moveUnit(subject, plan, "node") : storeAnswersNot(subject, plan)),
  drill: undefined,
});

function unitServesAgain(unit: Unit, plan: Plan): Prediction {
  return onSeveralNodes(unit, plan) ? bounded(plan, unit.path, nodeNoticed(plan)) : rescheduled(unit, plan, "node");
}

/** `prefer` is a wish: at worst the scheduler has put every replica on the node that is lost. */
function onSeveralNodes(unit: Unit, plan: Plan): boolean {
  const required = unit.spread.nodes === "require" || (unit.spread.zones === "require" && zones(plan).length > 1);
  return unit.replicas.min > 1 && required;
}

function serverAnswersAgain(server: Server, plan: Plan): Prediction {
  if (failsOver(server)) return bounded(plan, server.path, failedOver(server, plan, "node"));
  if (server.provider.kind === "managed") return bounded(plan, server.path, [provisioned(server), reconnected()]);
  return bounded(plan, server.path, [
    cited("node marked unready", nodeMonitorGrace(plan.cluster.kubernetes)),
    cited("eviction of its pods", evictionToleration),
    cited("its volume is detached", forceDetach),
    cited("pod placed", podStartup),
    cited("restart of the server", server.provider.restart, server.provider.product),
    reconnected(),
  ]);
}
