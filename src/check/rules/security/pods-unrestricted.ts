import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** Containers that may become root on their node, beside real data. */
export const podsUnrestricted = defineRule({
  code: "security/pods-unrestricted",
  severity: "warning",
  summary: "an environment with real data does not enforce the restricted pod standard",
  help: "`restricted` forbids root, privilege escalation, host access and every capability but one. What Keelson renders keeps it; a foreign image that cannot is better known by name.",
  check(plan, report) {
    if (plan.security.pods === "restricted" || plan.data !== "real" || onOneMachine(plan)) return;
    report("security.pods", {
      why: `the data is real, and ${plan.security.pods} pods are admitted`,
      advice: "`pods: restricted`",
      severity: plan.security.pods === "privileged" ? "error" : "warning",
      fix: { edits: [{ path: "security.pods", value: "restricted" }], safe: false },
    });
  },
});
