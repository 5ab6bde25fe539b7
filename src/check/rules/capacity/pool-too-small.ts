import type { NodePool, Plan, Unit } from "../../../plan/plan.js";
import { demandOf, fits, nodesNeeded, poolsOf } from "../../../promises/capacity.js";
import { defineRule } from "../../rule.js";

/** Everything at its most does not fit on the pool at its most. */
export const poolTooSmall = defineRule({
  code: "capacity/pool-too-small",
  severity: "error",
  summary: "at maximum scale the pods do not fit on the node pool at its maximum",
  help: "Autoscalers of pods and of nodes are bounded apart. If the pods' bounds ask for more than the nodes' bounds give, the peak that the bounds were made for leaves pods pending. Packing is counted first-fit; a real scheduler needs no fewer nodes.",
  check(plan, report) {
    for (const group of groups(plan)) {
      const [first] = group.pools;
      if (!first?.allocatable) continue;
      const { allocatable } = first;
      // Pods that no node could hold are another rule's finding.
      const tenants = group.tenants.filter((unit) => fits(demandOf(unit), allocatable));
      const pods = tenants.map((unit) => ({ demand: demandOf(unit), count: unit.replicas.max }));
      const needed = nodesNeeded(pods, allocatable);
      const most = group.pools.reduce((sum, { count }) => sum + count.max, 0);
      if (needed === undefined || needed <= most) continue;
      const count = pods.reduce((sum, pod) => sum + pod.count, 0);
      report(`${first.path}.count`, {
        why: `${count} pods at maximum scale need ${needed} nodes of ${first.type}, but ${group.pools.map(({ name }) => name).join(" and ")} ${group.pools.length === 1 ? "has" : "have"} ${most} at most (the biggest: ${biggest(tenants)})`,
        advice: `allow ${needed} nodes, or scale less far`,
        ...(group.pools.length === 1
          ? { fix: { edits: [{ path: `${first.path}.count`, value: `${first.count.min}..${needed}` }], safe: false } }
          : {}),
      });
    }
  },
});

interface Group {
  readonly pools: readonly NodePool[];
  readonly tenants: readonly Unit[];
}

/** Units that name a pool fill that pool. Those that name none are only counted where there is one pool to go to. */
function groups(plan: Plan): readonly Group[] {
  return plan.pools.map((pool) => ({
    pools: [pool],
    tenants: plan.units.filter((unit) => (unit.pool === pool.name ? true : unit.pool === undefined && poolsOf(plan, unit).length === 1)),
  }));
}

function biggest(units: readonly Unit[]): string {
  const [unit] = [...units].sort((a, b) => weight(b) - weight(a));
  return unit ? `${unit.name} ×${unit.replicas.max}` : "none";
}

function weight(unit: Unit): number {
  const { cpu, memory } = demandOf(unit);
  return unit.replicas.max * (cpu / 1000 + memory / 2 ** 32);
}
