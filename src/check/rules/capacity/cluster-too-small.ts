import type { NodePool, Plan } from "../../../plan/plan.js";
import { fits, nodesNeeded, tenantsOf } from "../../../promises/capacity.js";
import { defineRule } from "../../rule.js";

/** Environments that share a cluster need more nodes together than a pool has. See docs/checks.md, Capacity. */
export const clusterTooSmall = defineRule({
  code: "capacity/cluster-too-small",
  severity: "error",
  summary: "the environments of one cluster together do not fit on a node pool at its maximum",
  help: "Environments with the same `cluster.name` run on the same nodes. Each may fit alone, while the pods of all of them at minimum scale need more nodes than the pool may have: then some stay pending, and which ones depends on the order of the deployments.",
  check({ plan, sameCluster }, report) {
    if (sameCluster.length < 2) return;
    for (const pool of plan.pools) {
      const { allocatable, count, type, name, path } = pool;
      if (!allocatable) continue;
      const pods = sameCluster.flatMap((each) => podsOn(each, pool));
      const needed = nodesNeeded(pods, allocatable);
      // capacity/pool-too-small reports a pool that is too small for one environment.
      const alone = nodesNeeded(podsOn(plan, pool), allocatable) ?? 0;
      if (needed === undefined || needed <= count.max || alone > count.max) continue;
      report(`${path}.count`, {
        why: `the environments ${sameCluster.map(({ environment }) => environment).join(", ")} share the cluster ${plan.cluster.name} and need ${needed} nodes of ${type} at minimum scale, but the maximum of pool ${name} is ${count.max}`,
        advice: `allow ${needed} nodes, or run an environment in another cluster`,
        fix: { edits: [{ path: `${path}.count`, value: `${Math.min(count.min, needed)}..${needed}` }], safe: false },
      });
    }
  },
});

/** The pods of an environment, at minimum scale, that run on its pool of this name and fit on one of its nodes. */
function podsOn(plan: Plan, { name }: NodePool) {
  const pool = plan.pools.find((candidate) => candidate.name === name);
  if (!pool?.allocatable) return [];
  const { allocatable } = pool;
  return tenantsOf(plan, pool)
    .filter(({ demand }) => fits(demand, allocatable))
    .map(({ demand, replicas }) => ({ demand, count: replicas.min }));
}
