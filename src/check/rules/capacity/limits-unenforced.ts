import { unenforcedLimits } from "../../../promises/facts/limits.js";
import { defineRule } from "../../rule.js";

export const limitsUnenforced = defineRule({
  code: "capacity/limits-unenforced",
  severity: "warning",
  summary: "a model has limits of requests or tokens, which nothing enforces yet",
  help: "The gateway reads `requestsPerMinute` and `tokensPerMinute` and does not count against them: exact limits over several gateways need a store that they share. Whoever relies on them, for a bill or for a slow machine, would find out too late. What bounds a model today is how many requests are worked on at once (`concurrency`, for each replica) and how many may wait (`queue`).",
  check(plan, report) {
    for (const model of plan.models) {
      const why = unenforcedLimits(model);
      if (why === undefined) continue;
      report(`${model.path}.limits`, {
        why: `${model.name}: ${why}, so more than that is answered`,
        advice:
          "take `limits` away and bound the model by `concurrency` and `queue`, which the gateway keeps; what must cost no more than so much, limit where it is bought, or in a proxy before the entrance",
      });
    }
  },
});
