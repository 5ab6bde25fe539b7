import type { Plan, Scale, Unit } from "../../plan/plan.js";
import { requestsFailing } from "../alerts.js";
import { additionTime, scaleUpSteps, TOLERANCE, usageRead } from "../facts/autoscaler.js";
import { nodeProvisioning } from "../facts/machines.js";
import { defineFault } from "../fault.js";
import type { Prediction, Term } from "../prediction.js";
import { bounded, cited, declared, times, unbounded, unknown, work } from "../prediction.js";
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
  const shown = mostShown(unit, scale);
  const up = scaleUpSteps(scale.up, replicas.min, replicas.max, shown);
  if (up === undefined) {
    const why = `a replica of ${name} uses at its limit no more than ${Math.round(shown * 100)}% of its target, and the autoscaler adds none up to ${100 + TOLERANCE.value * 100}%`;
    return unbounded(plan, scale.path, why, {
      advice: "lower the target (`scale: { cpu: 70% }`), or set a limit above the request (`cpu: 500m..1`)",
    });
  }
  return bounded(plan, path, [
    times(up.steps, cited("usage read by the autoscaler", usageRead)),
    declared(
      plan,
      "replicas added",
      additionTime(scale.up, up.steps),
      `${scale.path}.up`,
      `${scale.up}, ${replicas.min} to ${replicas.max} replicas`,
    ),
    ...[...nodes, ...replicaStart(unit, plan)].map((term) => times(up.rounds, term)),
  ]);
}

/**
 * The usage of a replica at its limit, as a multiple of its target: without a limit it has none. The autoscaler compares the sums of all
 * containers, and acts on the metric that asks for the most.
 */
function mostShown({ resources, sidecars }: Unit, scale: Scale): number {
  const containers = [resources, ...sidecars.map((sidecar) => sidecar.resources)];
  const shown = (["cpu", "memory"] as const).flatMap((resource) => {
    const target = scale[resource];
    if (target === undefined) return [];
    const total = (end: "request" | "limit", missing: number) =>
      containers.reduce((sum, each) => sum + (each[resource][end] ?? missing), 0);
    const request = total("request", 0);
    // capacity/scale-without-requests reports what requests nothing.
    return request === 0 ? [] : [total("limit", Number.POSITIVE_INFINITY) / request / target];
  });
  return shown.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...shown);
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
