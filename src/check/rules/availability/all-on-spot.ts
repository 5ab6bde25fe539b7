import { demandOf } from "../../../promises/capacity.js";
import { nodesFor } from "../../../promises/placement/nodes.js";
import { hasPersistentVolume } from "../../../promises/subjects.js";
import { onDemand } from "../../on-demand.js";
import { defineRule } from "../../rule.js";

/** All replicas of a unit run on spot machines. See docs/checks.md, Availability. */
export const allOnSpot = defineRule({
  code: "availability/all-on-spot",
  severity: "warning",
  summary: "all replicas of a component run on spot machines, which the cloud may reclaim all at once",
  help: "Replicas on different spot machines of one type do not fail independently: the cloud reclaims several of them when it needs the capacity.",
  check({ plan }, report) {
    for (const unit of plan.units) {
      // cost/state-on-spot reports components with data.
      if (hasPersistentVolume(unit) || !nodesFor(plan, unit.pool, demandOf(unit)).reclaimable) continue;
      report(`${unit.path}.nodes`, {
        why: `all replicas of ${unit.name} run on spot machines, which may be reclaimed all at once`,
        advice: "run the minimum number of replicas on a pool of on-demand machines",
        fix: { edits: onDemand(nodesFor(plan, unit.pool, demandOf(unit)).pools), safe: false },
      });
    }
  },
});
