import type { Plan, Port, Store } from "../../../plan/plan.js";
import { serversOf } from "../../../plan/servers.js";
import type { PodDisruptionBudget, Service } from "../manifest.js";
import { metadata, selector } from "../metadata.js";
import { peerService, servicePort } from "../service.js";
import { hasOnePrimary } from "./members.js";

/** Ports on which the members of a store talk among themselves, besides the one that they serve. */
export function memberPorts(store: Store): readonly number[] {
  if (serversOf(store) <= 1) return [];
  switch (store.kind) {
    case "postgres":
      return [store.port];
    case "redis":
      return store.shards > 1 ? [store.port, store.port + 10_000] : [store.port];
    case "rabbitmq":
      return [4369, 25_672];
    case "bucket":
      return [];
  }
}

/** The store under its own name: the primary where there is one, any member otherwise. */
export function storeService(plan: Plan, store: Store): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(plan, store, store.kind),
    spec: {
      type: "ClusterIP",
      selector: {
        ...selector(plan, store.name),
        ...(hasOnePrimary(store) && { "statefulset.kubernetes.io/pod-name": `${store.name}-0` }),
      },
      ports: [servicePort(servedPort(store))],
    },
  };
}

export function storePeerService(plan: Plan, store: Store): Service {
  return peerService(plan, store, store.kind, [servedPort(store)]);
}

/** One member at a time may be drained; a store of one member cannot be held back without blocking every drain. */
export function storeDisruptionBudget(plan: Plan, store: Store): PodDisruptionBudget | undefined {
  if (serversOf(store) <= 1) return undefined;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: metadata(plan, store, store.kind),
    spec: { maxUnavailable: 1, selector: { matchLabels: selector(plan, store.name) } },
  };
}

function servedPort(store: Store): Port {
  return { name: store.kind, number: store.port, protocol: "tcp" };
}
