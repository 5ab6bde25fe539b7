import { SIMULATOR_TIMES } from "../../../plan/engines/simulated.js";
import { DEFAULT_CONTEXT_TOKENS } from "../../../plan/model/model.js";
import type { Model } from "../../../plan/plan.js";
import type { ChildConfig } from "../child/protocol.js";

/** A simulator with the timing of a small model: its text is marked as simulated; token counts and limits are real. */
export function simulatedChild(model: Model, role: "declared" | "substitute"): ChildConfig {
  return {
    engine: "simulated",
    model: model.name,
    substitute: role === "substitute",
    context: model.context ?? DEFAULT_CONTEXT_TOKENS,
    embeddings: model.embeddings,
    times: { ...SIMULATOR_TIMES, batch: Math.max(1, model.concurrency) },
  };
}
