import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** An upgrade of the cluster may take all replicas at once. */
export const noDisruptionBudget = defineRule({
  code: "availability/no-disruption-budget",
  severity: "warning",
  summary: "a unit with several replicas has no disruption budget, so a drain may take all of them",
  help: "A cluster upgrade drains nodes one after the other, or several at once. Without a budget every replica may be evicted in the same moment.",
  check(plan, report) {
    if (onOneMachine(plan)) return;
    for (const { name, path, replicas, disruption, objectives } of plan.units) {
      if (disruption || replicas.min < 2 || objectives.availability === undefined) continue;
      report(`${path}.disruption`, {
        why: `${name} runs ${replicas.min} replicas under an availability objective, but nothing keeps a drain from taking all of them`,
        advice: `let one go at a time: \`disruption: { minAvailable: ${replicas.min - 1} }\``,
        fix: { edits: [{ path: `${path}.disruption`, value: { minAvailable: replicas.min - 1 } }], safe: true },
      });
    }
  },
});
