import { hasServers } from "../../../plan/stores/index.js";
import { demandOf } from "../../../promises/capacity.js";
import { nodesFor } from "../../../promises/placement/nodes.js";
import { serverGroup } from "../../../promises/placement/survival.js";
import { hasPersistentVolume } from "../../../promises/subjects.js";
import { onDemand } from "../../on-demand.js";
import { defineRule } from "../../rule.js";

/** A store or a unit with a volume runs on spot machines. See docs/checks.md, Cost. */
export const stateOnSpot = defineRule({
  code: "cost/state-on-spot",
  severity: "error",
  summary: "data is on spot machines, which the cloud may reclaim all at once",
  help: "A cloud reclaims spot machines when it needs the capacity, often several of one type at the same time and with two minutes' notice or less. Stateless replicas are scheduled again; a database loses all its servers at once.",
  check({ plan }, report) {
    for (const store of plan.stores) {
      if (store.provider.kind !== "in-cluster" || !hasServers(store)) continue;
      if (!serverGroup(store, plan).nodes.reclaimable) continue;
      report(`${store.path}.nodes`, {
        why: `${store.name} runs on spot machines alone${store.pool === undefined ? "" : ` (pool ${store.pool})`}, which may be reclaimed all at once`,
        advice: "run it on a pool of on-demand machines",
        fix: { edits: onDemand(serverGroup(store, plan).nodes.pools), safe: false },
      });
    }
    for (const unit of plan.units) {
      if (!nodesFor(plan, unit.pool, demandOf(unit)).reclaimable) continue;
      if (hasPersistentVolume(unit)) {
        report(`${unit.path}.nodes`, {
          why: `${unit.name} keeps data on a volume and runs on spot machines alone`,
          advice: "run it on a pool of on-demand machines",
          fix: { edits: onDemand(nodesFor(plan, unit.pool, demandOf(unit)).pools), safe: false },
        });
      }
    }
  },
});
