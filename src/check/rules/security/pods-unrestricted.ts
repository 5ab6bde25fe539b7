import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** Containers may become root on their node. See docs/checks.md, Security. */
export const podsUnrestricted = defineRule({
  code: "security/pods-unrestricted",
  severity: "warning",
  summary: "an environment with real data does not enforce the restricted Pod Security Standard",
  help: "`restricted` forbids root, privilege escalation, host access and every capability but one. What Keelson renders complies with it; declare an exception for a container image that does not.",
  check({ plan }, report) {
    if (plan.security.pods === "restricted" || plan.data !== "real" || onOneMachine(plan)) return;
    report("security.pods", {
      why: `the data is real, and ${plan.security.pods} pods are admitted`,
      advice: "set `pods: restricted`",
      severity: plan.security.pods === "privileged" ? "error" : "warning",
      fix: { edits: [{ path: "security.pods", value: "restricted" }], safe: false },
    });
  },
});
