import type { Plan, Unit } from "../../plan/plan.js";
import { replicasMissing, storeDown } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, cited } from "../prediction.js";
import { storeAnswersNot } from "../runbooks/stores.js";
import { restartUnit } from "../runbooks/units.js";
import type { Server } from "../subjects.js";
import { failsOver, isUnit, running } from "../subjects.js";
import { unknownWhereNotRun } from "../terms/left-out.js";
import { onOneMachine } from "../terms/machine.js";
import { failedOver, lostByRestart, missedByReplica } from "../terms/server.js";
import { lostByProcess } from "../terms/state.js";
import { noticed, reconnected } from "../terms/store.js";
import { restarted, restartedBySupervisor, unasked, withdrawn } from "../terms/unit.js";

/** One process dies or hangs. One fault at a time: it had run for a while, so its restart back-off is at its first step. */
export const processCrash = defineFault<Unit | Server>({
  id: "process-crash",
  title: "A process dies or hangs",
  subjects: running,
  rto: (subject, plan) =>
    unknownWhereNotRun(subject, plan) ??
    (isUnit(subject) ? unitServesAgain(subject, plan) : serverAnswersAgain(subject, plan)),
  rpo: (subject, plan) => {
    const notRun = unknownWhereNotRun(subject, plan);
    if (notRun) return notRun;
    if (isUnit(subject)) return lostByProcess(subject, plan);
    return failsOver(subject) ? missedByReplica(subject, plan) : lostByRestart(subject, plan);
  },
  alert: (subject, plan) => (isUnit(subject) ? replicasMissing(subject, plan) : storeDown(subject, plan)),
  runbook: (subject, plan) => (isUnit(subject) ? restartUnit(subject, plan) : storeAnswersNot(subject, plan)),
  drill: "process-crash",
});

function unitServesAgain(unit: Unit, plan: Plan): Prediction {
  if (onOneMachine(plan)) return bounded(plan, unit.path, restartedBySupervisor(unit, plan));
  if (unit.ports.length === 0) return unasked(unit, plan);
  return bounded(plan, unit.path, unit.replicas.min > 1 ? withdrawn(unit, plan) : restarted(unit, plan));
}

function serverAnswersAgain(server: Server, plan: Plan): Prediction {
  if (failsOver(server)) return bounded(plan, server.path, failedOver(server, plan, "process"));
  return bounded(plan, server.path, [
    // In a cluster and at a managed provider the figure for a restart holds its detection.
    ...(server.provider.kind === "embedded" ? noticed(server, plan) : []),
    cited("restart of the server", server.provider.restart, server.provider.product),
    reconnected(),
  ]);
}
