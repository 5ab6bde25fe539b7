import type { Plan, Store } from "../../../plan/plan.js";
import { storeTraits } from "../../../plan/stores/index.js";
import { type Membership, singleMember } from "../../stores/server.js";
import { peerServiceName } from "../service.js";

/** The members of a store: the pods of its StatefulSet, each with a DNS name in the headless Service. */
export function membership(plan: Plan, store: Store): Membership {
  const members = storeTraits(store).servers;
  if (members <= 1) return singleMember(store.name);
  return {
    members,
    address: (index) => `${store.name}-${index}.${peerServiceName(store.name)}.${plan.namespace}.svc.cluster.local`,
  };
}
