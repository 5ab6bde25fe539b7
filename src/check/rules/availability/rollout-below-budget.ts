import { defineRule } from "../../rule.js";

/** The budget says how many must stay, the rollout takes more. */
export const rolloutBelowBudget = defineRule({
  code: "availability/rollout-below-budget",
  severity: "warning",
  summary: "a rollout takes away more replicas than the disruption budget lets go",
  help: "Budgets bind evictions, not rollouts: a Deployment's own rolling update ignores them. If the budget says what is needed to carry the load, the rollout must leave as much.",
  check(plan, report) {
    for (const { name, rollout, disruption, replicas } of plan.units) {
      if (!disruption || rollout.strategy !== "rolling") continue;
      const left = replicas.min - rollout.unavailable;
      // With none left it is an outage, and with none allowed away a drain never ends: other rules say so.
      if (left <= 0 || left >= disruption.minAvailable || disruption.minAvailable >= replicas.min) continue;
      const unavailable = replicas.min - disruption.minAvailable;
      report(`${rollout.path}.unavailable`, {
        why: `${name} needs ${disruption.minAvailable} replicas by its budget, but a rollout leaves ${left} of ${replicas.min}`,
        advice: `let ${unavailable} be missing at most: \`unavailable: ${unavailable}\``,
        fix: { edits: [{ path: `${rollout.path}.unavailable`, value: unavailable }], safe: true },
      });
    }
  },
});
