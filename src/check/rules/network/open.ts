import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** Every pod may connect to every other pod. See docs/checks.md, Network. */
export const open = defineRule({
  code: "network/open",
  severity: "error",
  summary: "an environment with real data allows every pod to connect to every other",
  help: "With default-deny only the calls of the platform file are allowed: a compromised pod reaches only what it calls. The calls are declared anyway, so this needs no additional configuration.",
  check({ plan }, report) {
    if (plan.security.network !== "open" || plan.data !== "real" || onOneMachine(plan)) return;
    report("security.network", {
      why: "the data is real, and the network is open between all pods",
      advice: "set `network: default-deny`, which allows exactly the declared calls",
      // Undeclared traffic, if there is any, would be blocked.
      fix: { edits: [{ path: "security.network", value: "default-deny" }], safe: false },
    });
  },
});
