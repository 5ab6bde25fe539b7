import type { Database, Store } from "../../plan/plan.js";

/** The product in the Plan whose figures for failover are counted on: then it must be what runs. */
export function isCloudNativePg(store: Store): store is Database {
  return store.provider.product === "CloudNativePG";
}

/** The labels by which the operator marks the pods of a cluster. */
export function instanceLabels(database: Pick<Database, "name">): Record<string, string> {
  return { "cnpg.io/cluster": database.name };
}
