import { storeTraits } from "../../../plan/stores/index.js";
import { defineRule } from "../../rule.js";

/** A broker with real data drops messages that cannot be delivered. See docs/checks.md, Data. */
export const deadLetterOff = defineRule({
  code: "data/dead-letter-off",
  severity: "warning",
  summary: "a broker with real data has no dead-letter queue",
  help: "Without a dead-letter queue a message that is rejected, expires or exceeds its delivery limit is dropped, and nothing shows which one.",
  check({ plan }, report) {
    if (plan.data !== "real") return;
    for (const store of plan.stores) {
      const key = storeTraits(store).dropsMessages;
      if (key === undefined) continue;
      report(`${store.path}.${key}`, {
        why: `${store.name} has real data and no dead-letter queue: a message that cannot be delivered is dropped`,
        advice: `retain them: \`${key}: true\``,
        fix: { edits: [{ path: `${store.path}.${key}`, value: true }], safe: true },
      });
    }
  },
});
