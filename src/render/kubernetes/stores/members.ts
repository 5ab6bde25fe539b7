import type { Plan, Store } from "../../../plan/plan.js";
import { storeTraits } from "../../../plan/stores/index.js";
import { alone, type Membership } from "../../stores/server.js";
import { peerServiceName } from "../service.js";

/** The members of a store as the pods of its StatefulSet, each reached by the name that the peer service gives it. */
export function membership(plan: Plan, store: Store): Membership {
  const members = storeTraits(store).servers;
  if (members <= 1) return alone(store.name);
  return {
    members,
    address: (index) => `${store.name}-${index}.${peerServiceName(store.name)}.${plan.namespace}.svc.cluster.local`,
  };
}
