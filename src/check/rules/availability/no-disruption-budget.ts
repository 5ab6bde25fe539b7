import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** A cluster upgrade may evict all replicas at once. See docs/checks.md, Availability. */
export const noDisruptionBudget = defineRule({
  code: "availability/no-disruption-budget",
  severity: "warning",
  summary: "the disruption budget of several replicas allows a drain to evict all of them",
  help: "A cluster upgrade drains nodes one after the other, or several at once. With a budget of 0 every replica may be evicted at the same time.",
  check({ plan }, report) {
    if (onOneMachine(plan)) return;
    for (const { name, path, replicas, disruption, objectives } of plan.units) {
      const minAvailable = disruption?.minAvailable ?? 0;
      if (minAvailable > 0 || replicas.min < 2 || objectives.availability === undefined) continue;
      report(`${path}.disruption`, {
        why: `${name} runs ${replicas.min} replicas with an availability objective, but a drain may evict all of them`,
        advice: `allow one disruption at a time: \`disruption: { minAvailable: ${replicas.min - 1} }\``,
        fix: { edits: [{ path: `${path}.disruption.minAvailable`, value: replicas.min - 1 }], safe: true },
      });
    }
  },
});
