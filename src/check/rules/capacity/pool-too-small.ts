import { fits, nodesNeeded, type Tenant, tenantsOf } from "../../../promises/capacity.js";
import { defineRule } from "../../rule.js";

/** All pods at maximum scale do not fit on the pool at maximum scale. See docs/checks.md, Capacity. */
export const poolTooSmall = defineRule({
  code: "capacity/pool-too-small",
  severity: "error",
  summary: "at maximum scale the pods do not fit on the node pool at its maximum",
  help: "Autoscalers of pods and of nodes have separate limits. If the pods' maximum needs more than the nodes' maximum, pods stay pending at peak load. The nodes are computed by first-fit packing; the scheduler needs no fewer.",
  check({ plan }, report) {
    for (const pool of plan.pools) {
      const { allocatable, count, type, name, path } = pool;
      if (!allocatable) continue;
      // capacity/unschedulable reports pods that fit on no node.
      const tenants = tenantsOf(plan, pool).filter(({ demand }) => fits(demand, allocatable));
      const pods = tenants.map(({ demand, replicas }) => ({ demand, count: replicas.max }));
      const needed = nodesNeeded(pods, allocatable);
      if (needed === undefined || needed <= count.max) continue;
      const total = pods.reduce((sum, each) => sum + each.count, 0);
      report(`${path}.count`, {
        why: `${total} pods at maximum scale need ${needed} nodes of ${type}, but the maximum of pool ${name} is ${count.max} (the largest demand is ${largestDemand(tenants)})`,
        advice: `allow ${needed} nodes, or reduce the maximum number of replicas`,
        fix: { edits: [{ path: `${path}.count`, value: `${count.min}..${needed}` }], safe: false },
      });
    }
  },
});

function largestDemand(tenants: readonly Tenant[]): string {
  const [first] = [...tenants].sort((a, b) => totalDemand(b) - totalDemand(a) || (a.name < b.name ? -1 : 1));
  return first ? `${first.name} ×${first.replicas.max}` : "none";
}

/** In cores; 4 GiB of memory weigh as much as a core, as on general-purpose instance types. */
function totalDemand({ demand, replicas }: Tenant): number {
  return replicas.max * (demand.cpu / 1000 + demand.memory / 2 ** 32);
}
