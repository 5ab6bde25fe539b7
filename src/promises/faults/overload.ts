import type { Plan, Unit } from "../../plan/plan.js";
import { requestsFailing } from "../alerts.js";
import { autoscalerPeriod, scaleUpTime } from "../facts/kubernetes.js";
import { nodeProvisioning } from "../facts/machines.js";
import { defineFault } from "../fault.js";
import type { Prediction, Term } from "../prediction.js";
import { bounded, cited, declared, unbounded, unknown, work } from "../prediction.js";
import { addCapacity } from "../runbooks/units.js";
import { onOneMachine } from "../terms/machine.js";
import { replicaStart } from "../terms/unit.js";

/**
 * More requests than the minimum of replicas serves, and no more than the maximum does. A unit of fixed size has no row: what it
 * does not serve it refuses, for as long as the load lasts.
 */
export const overload = defineFault({
  id: "overload",
  title: "The load of an autoscaled component rises to its maximum at once",
  includes: [],
  on: (plan) =>
    onOneMachine(plan)
      ? undefined
      : {
          unit: {
            affects: ({ scale, replicas }) => scale !== undefined && replicas.min < replicas.max,
            rto: scaleUp,
            rpo: nothing,
            alert: requestsFailing,
            runbook: addCapacity,
          },
          model: undefined,
          volume: undefined,
          platform: undefined,
          database: undefined,
          cache: undefined,
          broker: undefined,
          bucket: undefined,
          entrance: undefined,
        },
  drill: { kind: "by hand", why: "it needs an autoscaler, which one machine does not have, and a source of load" },
});

function scaleUp(unit: Unit, plan: Plan): Prediction {
  const { scale, replicas, name, path } = unit;
  if (!scale || (scale.cpu === undefined && scale.memory === undefined)) {
    const why = `no target of ${name} is a metric that Kubernetes scales by: only \`cpu\` and \`memory\` are rendered`;
    return unbounded(plan, scale?.path ?? path, why, { advice: "scale on the CPU: `scale: { cpu: 70% }`" });
  }
  const nodes = newNodes(plan);
  if (nodes === "unknown") {
    return unknown(plan, "cluster.autoscaler", "it is not known how long a new node takes without a cloud", {
      advice: "set the `cloud`, or fix the number of nodes",
    });
  }
  const steps = scaleUpTime(scale.up, replicas.min, replicas.max);
  return bounded(plan, path, [
    cited("usage read by the autoscaler", autoscalerPeriod),
    declared(
      plan,
      "replicas added",
      steps,
      `${scale.path}.up`,
      `${scale.up}, ${replicas.min} to ${replicas.max} replicas`,
    ),
    ...nodes,
    ...replicaStart(unit, plan),
  ]);
}

/** In the worst case the pool is full. Without an autoscaler it has room for the maximum, or `capacity/pool-too-small` reports it. */
function newNodes(plan: Plan): readonly Term[] | "unknown" {
  if (!plan.cluster.autoscaler) return [];
  const provisioning = nodeProvisioning(plan.cloud);
  return provisioning ? [work(cited("new node provisioned", provisioning))] : "unknown";
}

const refused = { value: 0, source: "a request that is refused is not acknowledged" };

function nothing({ path }: Unit, plan: Plan): Prediction {
  return bounded(plan, path, [cited("nothing: refused requests are not acknowledged", refused)]);
}
