import type { Plan, Unit } from "../../plan/plan.js";
import { requestsFailing } from "../alerts.js";
import { rollbackStarted } from "../facts/people.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { assumed, bounded, cited, unbounded } from "../prediction.js";
import { rollBack } from "../runbooks/releases.js";
import { onOneMachine } from "../terms/machine.js";
import { rolloutOfAll } from "../terms/rollout.js";
import { onCallResponse, unnoticed } from "../terms/store.js";

/**
 * A release becomes ready and then fails requests. One that never becomes ready is no outage: the rollout stops at its first
 * pods. On one machine the release is Keelson's own, and `keelson up` runs one version at a time.
 */
export const badRelease = defineFault({
  id: "bad-release",
  title: "A release becomes ready and fails requests",
  includes: [],
  on: (plan) =>
    onOneMachine(plan)
      ? undefined
      : {
          unit: { rto: rollback, rpo: nothing, alert: requestsFailing, runbook: rollBack },
          database: undefined,
          cache: undefined,
          broker: undefined,
          bucket: undefined,
          entrance: undefined,
          model: undefined,
          volume: undefined,
          platform: undefined,
        },
  drill: { kind: "impossible", why: "it needs an image that fails, which no platform has" },
});

/** No target renders the analysis of a canary, so a person aborts it: its traffic is spared, and the time is the same. */
function rollback(unit: Unit, plan: Plan): Prediction {
  const response = onCallResponse(plan, requestsFailing(unit, plan));
  if (!response) return unnoticed(plan, `that a release of ${unit.name} fails`);
  const rollout = rolloutOfAll(unit, plan);
  if (rollout.kind === "stuck") return unbounded(plan, unit.rollout.path, rollout.why, { advice: rollout.advice });
  return bounded(plan, unit.path, [
    ...response,
    assumed("rollback started", rollbackStarted.value, rollbackStarted.why),
    ...rollout.terms,
  ]);
}

const inStores = {
  value: 0,
  source:
    "a rollback changes no data; rows that a release has written or deleted wrongly are restored as after `deletion`",
};

function nothing(unit: Unit, plan: Plan): Prediction {
  return bounded(plan, unit.path, [cited("nothing: a rollback changes no data", inStores)]);
}
