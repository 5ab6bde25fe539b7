import { defineRule } from "../../rule.js";

/** A disruption budget that allows no disruption blocks every node drain. See docs/checks.md, Availability. */
export const pdbBlocksDrain = defineRule({
  code: "availability/pdb-blocks-drain",
  severity: "error",
  summary: "the disruption budget allows no disruption, so no node can be drained",
  help: "A drain evicts each pod and waits until its budget allows that. If minAvailable is as high as the minimum number of replicas, it never does: cluster upgrades hang until the budget is deleted by hand.",
  check({ plan }, report) {
    for (const unit of plan.units) {
      if (!unit.disruption || unit.replicas.min === 0) continue;
      const { minAvailable, path } = unit.disruption;
      if (minAvailable < unit.replicas.min) continue;
      const allowed = unit.replicas.min - 1;
      report(`${path}.minAvailable`, {
        why: `${unit.name} has min available ${minAvailable} of ${unit.replicas.min} replicas, so no pod can be evicted`,
        advice:
          allowed === 0
            ? "run two replicas; `minAvailable: 0` allows the eviction of the only one"
            : `allow one: \`minAvailable: ${allowed}\``,
        fix: { edits: [{ path: `${path}.minAvailable`, value: allowed }], safe: true },
      });
    }
  },
});
