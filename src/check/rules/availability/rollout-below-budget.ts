import { defineRule } from "../../rule.js";

/** A rollout leaves fewer replicas available than the disruption budget. See docs/checks.md, Availability. */
export const rolloutBelowBudget = defineRule({
  code: "availability/rollout-below-budget",
  severity: "warning",
  summary: "a rollout leaves fewer replicas available than the disruption budget requires",
  help: "Budgets apply to evictions, not to rollouts: the rolling update of a Deployment ignores them. If the budget states how many replicas the load needs, the rollout must leave as many.",
  check({ plan }, report) {
    for (const { name, rollout, disruption, replicas } of plan.units) {
      if (!disruption || rollout.strategy !== "rolling") continue;
      const available = replicas.min - rollout.unavailable;
      // availability/rollout-outage reports 0 available, availability/pdb-blocks-drain a budget of all replicas.
      if (available <= 0 || available >= disruption.minAvailable || disruption.minAvailable >= replicas.min) continue;
      const unavailable = replicas.min - disruption.minAvailable;
      report(`${rollout.path}.unavailable`, {
        why: `${name} needs ${disruption.minAvailable} replicas by its budget, but a rollout leaves ${available} of ${replicas.min}`,
        advice: `allow at most ${unavailable} unavailable: \`unavailable: ${unavailable}\``,
        fix: { edits: [{ path: `${rollout.path}.unavailable`, value: unavailable }], safe: true },
      });
    }
  },
});
