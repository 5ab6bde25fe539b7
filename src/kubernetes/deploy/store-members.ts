import type { Plan } from "../../plan/plan.js";
import { STORES } from "../../plan/stores/index.js";
import { describe } from "../live-object.js";
import type { Refusal } from "./decide.js";
import { valueAt } from "./field-set.js";
import type { Preview } from "./preview.js";

/**
 * Refuses changes of a store's servers that the API server accepts and that lose data: fewer members of a store that replicates by
 * majority or shards its data, and a broker whose nodes get other names. Pure.
 */
export function refuseLostMembers(plan: Plan, previews: readonly Preview[]): readonly Refusal[] {
  return [...refuseFewerMembers(plan, previews), ...refuseOtherNodeNames(plan, previews)];
}

/** The variable with the name of a RabbitMQ node, which is the name of its data directory as well (RabbitMQ, "Clustering Guide"). */
const NODE_NAME = "RABBITMQ_NODENAME";

function refuseOtherNodeNames(plan: Plan, previews: readonly Preview[]): readonly Refusal[] {
  return plan.stores.flatMap(({ name }) => {
    const found = previews.find(({ object }) => object.kind === "StatefulSet" && object.metadata.name === name);
    const after = nodeNameOf(found?.object, name);
    if (!found?.live || after === undefined) return [];
    const before = nodeNameOf(found.live, name) ?? "its short host name";
    if (before === after) return [];
    const kubectl = `kubectl -n ${plan.namespace}`;
    return [
      {
        object: describe(found.object),
        kind: "rejected",
        reasons: [
          `its nodes were named by ${before} and become ${after}: they would start with empty data directories, without their queues`,
        ],
        hint: [
          "let the consumers empty the queues, then start the broker again under the new names:",
          `  ${kubectl} exec ${name}-0 -- rabbitmqctl list_queues name messages`,
          `  ${kubectl} delete statefulset ${name}`,
          "  and deploy again; the claims and the old directories are kept",
        ],
      },
    ];
  });
}

function nodeNameOf(object: unknown, store: string): string | undefined {
  const path = [
    ...["f:spec", "f:template", "f:spec", "f:containers", `k:${JSON.stringify({ name: store })}`],
    ...["f:env", `k:${JSON.stringify({ name: NODE_NAME })}`, "f:value"],
  ];
  const value = valueAt(object, path);
  return typeof value === "string" ? value : undefined;
}

function refuseFewerMembers(plan: Plan, previews: readonly Preview[]): readonly Refusal[] {
  return plan.stores.flatMap((store) => {
    const found = previews.find(({ object }) => object.kind === "StatefulSet" && object.metadata.name === store.name);
    const before = replicasOf(found?.live);
    const after = replicasOf(found?.object);
    if (!found || before === undefined || after === undefined || after >= before) return [];
    const { role } = STORES[store.kind];
    if (role !== "broker" && role !== "cache") return [];
    return [
      {
        object: describe(found.object),
        kind: "rejected",
        reasons: [`${before} → ${after} replicas would lose the data of ${before - after} of its members`],
        hint: role === "broker" ? brokerSteps(plan, store.name, before, after) : [cacheSteps(store.name)],
      },
    ];
  });
}

/** RabbitMQ documentation, "Clustering Guide" (`forget_cluster_node`) and "Quorum Queues" (`rabbitmq-queues shrink`). */
function brokerSteps(plan: Plan, name: string, before: number, after: number): readonly string[] {
  const kubectl = `kubectl -n ${plan.namespace}`;
  const node = (ordinal: number) => `rabbit@${name}-${ordinal}.${name}-peers.${plan.namespace}.svc.cluster.local`;
  const removed = Array.from({ length: before - after }, (_, index) => before - 1 - index);
  const steps = removed.flatMap((ordinal) => [
    `${kubectl} exec ${name}-0 -- rabbitmq-queues shrink ${node(ordinal)}`,
    `${kubectl} scale statefulset ${name} --replicas=${ordinal}`,
    `${kubectl} exec ${name}-0 -- rabbitmqctl forget_cluster_node ${node(ordinal)}`,
  ]);
  return ["remove the members one by one, then deploy again:", ...steps.map((step) => `  ${step}`)];
}

function cacheSteps(name: string): string {
  return `move the slots of the removed members with redis-cli --cluster reshard and del-node, scale ${name} with kubectl, then deploy again`;
}

function replicasOf(object: unknown): number | undefined {
  const replicas = valueAt(object, ["f:spec", "f:replicas"]);
  return typeof replicas === "number" ? replicas : undefined;
}
