import type { IToleration } from "kubernetes-models/v1";
import type { Plan } from "../../plan/plan.js";
import { poolLabels } from "../pool-labels.js";

export interface Placement {
  readonly nodeSelector?: Record<string, string>;
  readonly tolerations?: IToleration[];
}

/** The node selector and tolerations of a pod. Every provider taints GPU nodes to exclude pods that need no GPU. */
export function placement(plan: Plan, pool: string | undefined, gpus: number): Placement {
  const found = plan.pools.find((candidate) => candidate.name === pool);
  const onGpuNodes = gpus > 0 || (found?.allocatable?.gpu ?? 0) > 0;
  const nodeSelector = found && { ...poolLabels(found) };
  return {
    ...(nodeSelector && { nodeSelector }),
    ...(onGpuNodes && { tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }] }),
  };
}
