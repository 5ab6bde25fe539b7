import type { IToleration } from "kubernetes-models/v1";
import type { Plan } from "../../plan/plan.js";

/** The label by which the nodes of a pool are known, unless the pool states labels of its own. */
const poolLabel = "keelson.dev/pool";

export interface Placement {
  readonly nodeSelector?: Record<string, string>;
  readonly tolerations?: IToleration[];
}

/** Which nodes a pod may run on. GPU nodes are tainted by every provider, so that nothing else fills them. */
export function placement(plan: Plan, pool: string | undefined, gpus: number): Placement {
  const found = plan.pools.find((candidate) => candidate.name === pool);
  const stated = found ? Object.entries(found.labels).sort(([a], [b]) => (a < b ? -1 : 1)) : [];
  const onGpuNodes = gpus > 0 || (found?.allocatable?.gpu ?? 0) > 0;
  const nodeSelector = stated.length > 0 ? Object.fromEntries(stated) : pool && { [poolLabel]: pool };
  return {
    ...(nodeSelector && { nodeSelector }),
    ...(onGpuNodes && { tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }] }),
  };
}
