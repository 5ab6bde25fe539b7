import { defineRule } from "../../rule.js";

/** A disruption budget that never allows a disruption stops every node drain and cluster upgrade. */
export const pdbBlocksDrain = defineRule({
  code: "availability/pdb-blocks-drain",
  severity: "error",
  summary: "the disruption budget allows no disruption, so no node can be drained",
  help: "A drain asks for each pod to be evicted and waits until its budget allows it. With minAvailable as high as the least number of replicas that never happens: upgrades hang, and somebody deletes the budget at night.",
  check(plan, report) {
    for (const unit of plan.units) {
      if (!unit.disruption || unit.replicas.min === 0) continue;
      const { minAvailable, path } = unit.disruption;
      if (minAvailable < unit.replicas.min) continue;
      const allowed = unit.replicas.min - 1;
      report(`${path}.minAvailable`, {
        why: `${unit.name} keeps ${minAvailable} available of ${unit.replicas.min} replicas at least, so no pod may ever be evicted`,
        advice: allowed === 0 ? "run two replicas, or have no budget" : `let one go: \`minAvailable: ${allowed}\``,
        fix: { edits: [{ path: `${path}.minAvailable`, value: allowed }], safe: true },
      });
    }
  },
});
