import { type EngineDescriptor, IN_PROCESS } from "./descriptor.js";

/** The timing of the simulator: like a small model on a laptop, some 60 tokens a second alone, some 1,000 in a full batch of 32. */
export const SIMULATOR_TIMES = {
  /** Prompt tokens prefilled per second. */
  prefillRate: 4_000,
  /** One step with one sequence: each sequence of the batch gets a token. */
  stepMs: 16,
  /** Added to a step by each further sequence. */
  perSequenceMs: 0.5,
  /** Capacity of the KV cache in tokens (prompt and output). */
  cacheTokens: 65_536,
} as const;

/** The simulator: generates marked text without weights. */
export const simulated: EngineDescriptor = {
  ...IN_PROCESS,
  simulator: true,
  image: { bytes: 1_500_000_000, why: "the image of Keelson, without a model" },
  speed: (concurrency) => {
    const { prefillRate, stepMs, perSequenceMs } = SIMULATOR_TIMES;
    const full = stepMs + perSequenceMs * (concurrency - 1);
    return { prefill: prefillRate, decode: { min: 1000 / full, max: 1000 / stepMs } };
  },
};
