import { fits, nodesNeeded, type Tenant, tenantsOf } from "../../../promises/capacity.js";
import { defineRule } from "../../rule.js";

/** Everything at its most does not fit on the pool at its most. */
export const poolTooSmall = defineRule({
  code: "capacity/pool-too-small",
  severity: "error",
  summary: "at maximum scale the pods do not fit on the node pool at its maximum",
  help: "Autoscalers of pods and of nodes are bounded apart. If the pods' bounds ask for more than the nodes' bounds give, the peak that the bounds were made for leaves pods pending. Packing is counted first-fit; a real scheduler needs no fewer nodes.",
  check(plan, report) {
    for (const pool of plan.pools) {
      const { allocatable, count, type, name, path } = pool;
      if (!allocatable) continue;
      // What no node could hold is another rule's finding.
      const tenants = tenantsOf(plan, pool).filter(({ demand }) => fits(demand, allocatable));
      const pods = tenants.map(({ demand, replicas }) => ({ demand, count: replicas.max }));
      const needed = nodesNeeded(pods, allocatable);
      if (needed === undefined || needed <= count.max) continue;
      const total = pods.reduce((sum, each) => sum + each.count, 0);
      report(`${path}.count`, {
        why: `${total} pods at maximum scale need ${needed} nodes of ${type}, but pool ${name} has ${count.max} at most (most is asked for by ${hungriest(tenants)})`,
        advice: `allow ${needed} nodes, or scale less far`,
        fix: { edits: [{ path: `${path}.count`, value: `${count.min}..${needed}` }], safe: false },
      });
    }
  },
});

function hungriest(tenants: readonly Tenant[]): string {
  const [first] = [...tenants].sort((a, b) => appetite(b) - appetite(a) || (a.name < b.name ? -1 : 1));
  return first ? `${first.name} ×${first.replicas.max}` : "nobody";
}

/** A core weighs as much as 4 GiB, as on general-purpose machines. */
function appetite({ demand, replicas }: Tenant): number {
  return replicas.max * (demand.cpu / 1000 + demand.memory / 2 ** 32);
}
