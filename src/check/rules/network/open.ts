import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** Every pod may reach every other, beside real data. */
export const open = defineRule({
  code: "network/open",
  severity: "error",
  summary: "an environment with real data lets every pod reach every other",
  help: "With default-deny only the calls of the platform file are open: one compromised pod reaches what it calls and no more. The edges are declared anyway, so nothing has to be written twice.",
  check(plan, report) {
    if (plan.security.network !== "open" || plan.data !== "real" || onOneMachine(plan)) return;
    report("security.network", {
      why: `the data is real, and the network is open between all pods`,
      advice: "`network: default-deny` opens exactly the declared calls",
      // Undeclared traffic, if there is any, would stop: a person decides that.
      fix: { edits: [{ path: "security.network", value: "default-deny" }], safe: false },
    });
  },
});
