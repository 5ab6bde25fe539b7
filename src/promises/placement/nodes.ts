import type { NodePool, Plan } from "../../plan/plan.js";
import { capacityFor, type Demand, eligiblePools } from "../capacity.js";
import { zones } from "../terms/machine.js";

/** The nodes that the pods of one group can be scheduled on. */
export interface Nodes {
  /** The declared pools; empty if the file declares none, and the number of nodes is assumed to be sufficient. */
  readonly pools: readonly NodePool[];
  /** Nodes by zone, the largest first. Infinity in each zone if no pools are declared. */
  readonly byZone: readonly number[];
  /** Pods of the group that fit on one node; Infinity if the capacity of a node is not known. */
  readonly podsPerNode: number;
  /** All of them are spot machines, which a cloud may reclaim at once. */
  readonly reclaimable: boolean;
}

/**
 * Where pods with this demand can be scheduled. The nodes of a pool are spread evenly over the zones, as node groups of
 * the clouds do by default. A pool counts with its minimum, because the autoscaler adds nodes only for pending pods.
 */
export function nodesFor(plan: Plan, pool: string | undefined, demand: Demand): Nodes {
  const zoneCount = Math.max(1, zones(plan).length);
  const pools = eligiblePools(plan, pool, demand);
  if (pools.length === 0) {
    return {
      pools,
      byZone: Array.from({ length: zoneCount }, () => Number.POSITIVE_INFINITY),
      podsPerNode: Number.POSITIVE_INFINITY,
      reclaimable: false,
    };
  }
  const byZone = Array.from({ length: zoneCount }, (_, zone) =>
    pools.reduce((sum, { count }) => sum + Math.floor((count.min + zoneCount - 1 - zone) / zoneCount), 0),
  );
  return {
    pools,
    byZone,
    podsPerNode: Math.max(
      ...pools.map(({ allocatable }) =>
        allocatable ? Math.max(1, capacityFor(demand, allocatable)) : Number.POSITIVE_INFINITY,
      ),
    ),
    reclaimable: pools.every(({ spot }) => spot),
  };
}

export function nodeCount({ byZone }: Nodes): number {
  return byZone.reduce((sum, count) => sum + count, 0);
}
