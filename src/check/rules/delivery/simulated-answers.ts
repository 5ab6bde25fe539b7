import { ENGINES } from "../../../plan/engines/index.js";
import { defineRule } from "../../rule.js";

/** The simulator answers requests of users with real data. See docs/checks.md, Delivery. */
export const simulatedAnswers = defineRule({
  code: "delivery/simulated-answers",
  severity: "error",
  summary: "requests in an environment with real data may be answered by the simulator",
  help: "The simulator invents a text or a vector. It marks it as simulated, but programs rarely read the mark: they store the text, and vectors of two origins in one index make its searches wrong. An error (503) is repeated by clients, seen by alerts, and leaves nothing behind.",
  check({ plan }, report) {
    if (plan.data !== "real") return;
    for (const { name, path, engine, simulated } of plan.models) {
      if (!simulated) continue;
      if (ENGINES[engine].simulator)
        report(`${path}.engine`, {
          why: `${name}: the simulator answers every request, and the data of ${plan.environment} is real`,
          advice: "set `source`, and an `engine` that loads it, in this environment",
        });
      else
        report(`${path}.fallback`, {
          why: `${name}: while the model does not answer, the simulator does, and the data of ${plan.environment} is real`,
          advice:
            "set another model as `fallback` in this environment, or `fallback: null`: clients then repeat the request",
        });
    }
  },
});
