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

/** All models with their complete state. */
export const modelList = z.object({ models: z.array(modelStatus).readonly() });

/**
 * A model as the admin API shows it. Its engine's reason, targets, queue and rates are those of all organisations together:
 * only operators receive them.
 */
export const listedModel = modelStatus
  .unwrap()
  .partial({ reason: true, targets: true, queue: true, requestsPerSecond: true, tokensPerSecond: true })
  .readonly();

export type ListedModel = z.infer<typeof listedModel>;

export const listedModels = z.object({ models: z.array(listedModel).readonly() });
