import type { NodePool } from "../plan/plan.js";

/** The default label of the nodes of a pool; the `labels` of a pool replace it. */
const POOL_LABEL = "keelson.dev/pool";

/** The labels that nodes of a pool must have, sorted by name: pods of the pool select them. */
export function poolLabels({ name, labels }: Pick<NodePool, "name" | "labels">): Readonly<Record<string, string>> {
  const declared = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return declared.length > 0 ? Object.fromEntries(declared) : { [POOL_LABEL]: name };
}
