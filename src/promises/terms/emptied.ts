import type { Store } from "../../plan/plan.js";
import { hasServers, STORES, type StoreRole } from "../../plan/stores/index.js";
import type { FaultName } from "../../platform-file/faults.js";
import { promisedRecovery } from "../objectives.js";
import type { Server } from "../subjects.js";

/** The fault in which a store that can be filled again loses its contents. */
const EMPTIED_BY: { readonly [Role in StoreRole]?: FaultName } = { cache: "cache-loss", broker: "broker-loss" };

/**
 * The caches and brokers that start empty after a larger fault, and whose contents the file promises to keep: in that fault, and in
 * the one that empties them alone. In the order of their names.
 */
export function emptiedStores(stores: readonly Store[], fault: FaultName): readonly Server[] {
  return stores
    .filter(hasServers)
    .filter(({ kind, objectives }) => {
      const emptiedBy = EMPTIED_BY[STORES[kind].role];
      return (
        emptiedBy !== undefined &&
        [emptiedBy, fault].every((each) => promisedRecovery(objectives, each, "rpo") !== undefined)
      );
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
