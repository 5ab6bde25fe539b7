import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** An upgrade of the cluster may take all replicas at once. Budgets are planned by default: this one was written. */
export const noDisruptionBudget = defineRule({
  code: "availability/no-disruption-budget",
  severity: "warning",
  summary: "the disruption budget of several replicas lets a drain take all of them",
  help: "A cluster upgrade drains nodes one after the other, or several at once. Without a budget, or with one of 0, every replica may be evicted in the same moment.",
  check(plan, report) {
    if (onOneMachine(plan)) return;
    for (const { name, path, replicas, disruption, objectives } of plan.units) {
      const kept = disruption?.minAvailable ?? 0;
      if (kept > 0 || replicas.min < 2 || objectives.availability === undefined) continue;
      report(`${path}.disruption`, {
        why: `${name} runs ${replicas.min} replicas under an availability objective, but nothing keeps a drain from taking all of them`,
        advice: `let one go at a time: \`disruption: { minAvailable: ${replicas.min - 1} }\``,
        fix: { edits: [{ path: `${path}.disruption.minAvailable`, value: replicas.min - 1 }], safe: true },
      });
    }
  },
});
