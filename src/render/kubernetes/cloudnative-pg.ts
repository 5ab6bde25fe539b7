import type { Postgres, Store } from "../../plan/plan.js";

/** Whether the Plan predicts with the failover times of CloudNativePG: then this operator must run the database. */
export function isCloudNativePg(store: Store): store is Postgres {
  return store.provider.product === "CloudNativePG";
}

/** The labels that the operator sets on the pods of a cluster. */
export function instanceLabels(database: Pick<Postgres, "name">): Record<string, string> {
  return { "cnpg.io/cluster": database.name };
}
