import type { Plan } from "../../plan/plan.js";
import { entranceDown } from "../alerts.js";
import { type NodesNeeded, nodesNeededAtMinimum } from "../capacity.js";
import { defineFault, type SubjectHandler, type SubjectHandlers } from "../fault.js";
import { repairEntrance } from "../runbooks/entrances.js";
import type { EntranceSubject } from "../subjects.js";
import { entranceAfterLoss, entranceOnOneMachine, lostRequests } from "../terms/entrance.js";
import { onOneMachine } from "../terms/machine.js";

/**
 * What accepts the requests of an entrance is lost: in a cluster the node that has the most proxies of its controller, on one
 * machine the process. The crash of one proxy is included, because a lost node is noticed later than a failed probe.
 */
export const entranceLoss = defineFault({
  id: "entrance-loss",
  title: "The node or process that accepts the requests of an entrance fails",
  includes: [],
  on: (plan) => ({
    entrance: onOneMachine(plan)
      ? { ...losesNothing, rto: entranceOnOneMachine }
      : inCluster(nodesNeededAtMinimum(plan)),
    unit: undefined,
    model: undefined,
    volume: undefined,
    database: undefined,
    cache: undefined,
    broker: undefined,
    bucket: undefined,
    platform: undefined,
  }),
  drill: {
    kind: "by hand",
    why: "it needs a cluster whose controller may be stopped; on one machine the process is that of `process-crash`",
  },
});

const losesNothing: Omit<SubjectHandler<EntranceSubject>, "rto"> = {
  rpo: lostRequests,
  alert: entranceDown,
  runbook: repairEntrance,
};

function inCluster(nodesNeeded: NodesNeeded): SubjectHandlers["entrance"] {
  return { ...losesNothing, rto: (subject, plan) => entranceAfterLoss(subject, plan, "node", nodesNeeded) };
}

/** The zone with the most proxies is lost. */
export function entranceInLostZone(plan: Plan): SubjectHandler<EntranceSubject> {
  const nodesNeeded = nodesNeededAtMinimum(plan);
  return { ...losesNothing, rto: (subject, plan) => entranceAfterLoss(subject, plan, "zone", nodesNeeded) };
}
