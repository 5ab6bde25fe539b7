import { z } from "zod";

/** State of one upstream of a model. */
export const targetStatus = z
  .object({
    id: z.string(),
    engine: z.string(),
    state: z.enum(["ready", "ejected"]),
    inFlight: z.number(),
    /** Moving average of the time from a request to the end of its response, in milliseconds. */
    ewmaMs: z.number(),
    errors: z.number(),
  })
  .readonly();

export type TargetStatus = z.infer<typeof targetStatus>;

/** State of one model. */
export const modelStatus = z
  .object({
    name: z.string(),
    /** The model returns vectors; it does not complete prompts. */
    embeddings: z.boolean(),
    engine: z.string(),
    /** Why this engine was chosen. */
    reason: z.string(),
    state: z.enum(["ready", "starting", "down"]),
    targets: z.array(targetStatus).readonly(),
    queue: z.object({ waiting: z.number(), limit: z.number() }).readonly(),
    requestsPerSecond: z.number(),
    tokensPerSecond: z.number(),
  })
  .readonly();

export type ModelStatus = z.infer<typeof modelStatus>;

export const modelList = z.object({ models: z.array(modelStatus).readonly() });
