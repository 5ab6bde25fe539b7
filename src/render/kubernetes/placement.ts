import type { IToleration } from "kubernetes-models/v1";
import type { Plan } from "../../plan/plan.js";

/** The default label of the nodes of a pool; the `labels` of a pool replace it. */
const POOL_LABEL = "keelson.dev/pool";

export interface Placement {
  readonly nodeSelector?: Record<string, string>;
  readonly tolerations?: IToleration[];
}

/** The node selector and tolerations of a pod. Every provider taints GPU nodes to exclude pods that need no GPU. */
export function placement(plan: Plan, pool: string | undefined, gpus: number): Placement {
  const found = plan.pools.find((candidate) => candidate.name === pool);
  const labels = found ? Object.entries(found.labels).sort(([a], [b]) => (a < b ? -1 : 1)) : [];
  const onGpuNodes = gpus > 0 || (found?.allocatable?.gpu ?? 0) > 0;
  const nodeSelector = labels.length > 0 ? Object.fromEntries(labels) : pool && { [POOL_LABEL]: pool };
  return {
    ...(nodeSelector && { nodeSelector }),
    ...(onGpuNodes && { tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }] }),
  };
}
