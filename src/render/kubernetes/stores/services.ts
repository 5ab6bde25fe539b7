import type { Plan, Port, Store } from "../../../plan/plan.js";
import { storeTraits } from "../../../plan/stores/index.js";
import type { PodDisruptionBudget, Service } from "../manifest.js";
import { metadata, selector } from "../metadata.js";
import { peerService, servicePort } from "../service.js";

/** The Service with the name of the store: it selects the primary, or all members of a store without a primary. */
export function storeService(plan: Plan, store: Store): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(plan, store, store.kind),
    spec: {
      type: "ClusterIP",
      selector: {
        ...selector(plan, store.name),
        ...(storeTraits(store).hasPrimary && { "statefulset.kubernetes.io/pod-name": `${store.name}-0` }),
      },
      ports: [servicePort(servedPort(store))],
    },
  };
}

export function storePeerService(plan: Plan, store: Store): Service {
  return peerService(plan, store, store.kind, [servedPort(store)]);
}

/** At most one member may be evicted at a time. Undefined for a single member: a budget would block every drain. */
export function storeDisruptionBudget(plan: Plan, store: Store): PodDisruptionBudget | undefined {
  if (storeTraits(store).servers <= 1) return undefined;
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
