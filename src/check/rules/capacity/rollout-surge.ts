import { fits, nodesNeeded, tenantsOf } from "../../../promises/capacity.js";
import { defineRule } from "../../rule.js";

/** The additional pod of a rollout does not fit on a full pool. See docs/checks.md, Capacity. */
export const rolloutSurge = defineRule({
  code: "capacity/rollout-surge",
  severity: "error",
  summary: "a rollout needs a further pod, and the node pool at its maximum has no room for it",
  help: "A rolling update with `unavailable: 0` starts a new pod before it stops an old one. On a full pool the new pod stays pending, and the rollout never ends.",
  check({ plan }, report) {
    for (const pool of plan.pools) {
      const { allocatable, count, name, type } = pool;
      if (!allocatable) continue;
      // capacity/unschedulable reports pods that fit on no node, and capacity/pool-too-small a pool that is too small already.
      const tenants = tenantsOf(plan, pool).filter(({ demand }) => fits(demand, allocatable));
      const pods = tenants.map(({ demand, replicas }) => ({ demand, count: replicas.min }));
      const usual = nodesNeeded(pods, allocatable);
      if (usual === undefined || usual > count.max) continue;
      for (const unit of plan.units) {
        const tenant = tenants.findIndex(({ name }) => name === unit.name);
        const { strategy, surge, unavailable } = unit.rollout;
        if (tenant === -1 || strategy === "recreate" || unavailable > 0 || unit.workload === "stateful-set") continue;
        const surged = pods.map((pod, index) =>
          index === tenant ? { ...pod, count: pod.count + Math.max(1, surge) } : pod,
        );
        const needed = nodesNeeded(surged, allocatable);
        if (needed !== undefined && needed <= count.max) continue;
        report(`${unit.path}.rollout`, {
          why: `a rollout of ${unit.name} starts ${Math.max(1, surge)} more pod before it stops an old one, which needs ${needed ?? count.max + 1} nodes of ${type}, but the maximum of pool ${name} is ${count.max}: the rollout never ends`,
          advice: `allow ${needed ?? count.max + 1} nodes, or replace a pod in place: \`rollout: { surge: 0, unavailable: 1 }\``,
          fix: { edits: [{ path: `${unit.path}.rollout`, value: { surge: 0, unavailable: 1 } }], safe: false },
        });
      }
    }
  },
});
