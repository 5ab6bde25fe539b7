import { unenforcedLimits } from "../../../promises/facts/limits.js";
import { defineRule } from "../../rule.js";

/** A model declares limits that have no effect. See docs/checks.md, Capacity. */
export const limitsUnenforced = defineRule({
  code: "capacity/limits-unenforced",
  severity: "warning",
  summary: "a model has request or token limits, which are not enforced yet",
  help: "The gateway reads `requestsPerMinute` and `tokensPerMinute` and does not enforce them: exact limits across several gateways need a shared store. What bounds a model today is the number of concurrent requests per replica (`concurrency`) and of queued requests (`queue`).",
  check({ plan }, report) {
    for (const model of plan.models) {
      const why = unenforcedLimits(model);
      if (why === undefined) continue;
      report(`${model.path}.limits`, {
        why: `${model.name}: ${why}, so requests beyond it are served`,
        advice:
          "remove `limits` and bound the model by `concurrency` and `queue`, which the gateway enforces; limit costs at the provider, or in a proxy in front of the entrance",
        fix: { edits: [{ path: `${model.path}.limits`, value: undefined }], safe: false },
      });
    }
  },
});
