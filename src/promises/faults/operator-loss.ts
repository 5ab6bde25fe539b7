import type { Plan } from "../../plan/plan.js";
import type { DatabaseStore } from "../../plan/stores/index.js";
import { operatorDown, storeOperatorDown } from "../alerts.js";
import { operatorsOf } from "../facts/operators.js";
import { defineFault, type SubjectHandler } from "../fault.js";
import { takesOver } from "../placement/survival.js";
import type { Prediction } from "../prediction.js";
import { bounded, cited } from "../prediction.js";
import { restartOperator } from "../runbooks/operators.js";
import type { WholePlatform } from "../subjects.js";
import { onOneMachine } from "../terms/machine.js";
import { operatorReturn } from "../terms/operator.js";
import { failoverByReturningOperator, lostByFailover } from "../terms/server.js";

/**
 * An operator stops with its node. What it has made runs on; a database that it fails over waits for its return if the primary fails
 * meanwhile. The loss of one node with both, an operator and a primary, is `node-loss`.
 */
export const operatorLoss = defineFault({
  id: "operator-loss",
  title: "An operator stops with its node, and a primary fails before it is back",
  includes: [],
  on: (plan) =>
    onOneMachine(plan)
      ? undefined
      : {
          platform,
          database: {
            affects: isPromotedByOperator,
            rto: failover,
            rpo: lostByFailover,
            alert: storeOperatorDown,
            runbook: ({ name, provider }) => restartOperator(name, [provider.product]),
          },
          unit: undefined,
          model: undefined,
          volume: undefined,
          cache: undefined,
          broker: undefined,
          bucket: undefined,
          entrance: undefined,
        },
  drill: { kind: "by hand", why: "it needs a cluster whose operators may be stopped" },
});

/** Of a synchronous pair nothing is promoted: the commits of the one that remains would wait for a standby. */
function isPromotedByOperator(database: DatabaseStore, plan: Plan): boolean {
  const { failover } = database.provider;
  return failover?.by === "operator" && takesOver(database, plan, "process");
}

/** One row for all operators: what each of them made continues. */
const platform: SubjectHandler<WholePlatform> = {
  affects: (_platform, plan) => operatorsOf(plan).length > 0,
  rto: (_platform, plan) => continues(plan),
  rpo: (_platform, plan) => continues(plan),
  alert: operatorDown,
  runbook: ({ name }, plan) =>
    restartOperator(
      name,
      operatorsOf(plan).map(({ title }) => title),
    ),
};

function continues(plan: Plan): Prediction {
  return bounded(
    plan,
    "cluster.operators",
    operatorsOf(plan).map(({ title, continues, ...fact }) =>
      cited(`nothing of ${title}: ${continues}`, { value: 0, ...fact }),
    ),
  );
}

function failover(database: DatabaseStore, plan: Plan): Prediction {
  return bounded(plan, database.path, failoverByReturningOperator(database, operatorReturn(plan)));
}
