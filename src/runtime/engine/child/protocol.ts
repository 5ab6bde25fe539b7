import { z } from "zod";

/** The configuration of a child: the engine and model that it runs. */
export const childConfig = z.discriminatedUnion("engine", [
  z.object({
    engine: z.literal("simulated"),
    model: z.string(),
    /** It serves instead of a model that the platform file declares and that is not available at the moment. */
    substitute: z.boolean(),
    context: z.number(),
    embeddings: z.boolean(),
    times: z.object({
      prefillRate: z.number(),
      stepMs: z.number(),
      perSequenceMs: z.number(),
      cacheTokens: z.number(),
      batch: z.number(),
    }),
  }),
  z.object({
    engine: z.literal("llama.cpp"),
    model: z.string(),
    /** The source of the weights as the platform file writes it. */
    source: z.string(),
    file: z.string(),
    context: z.number(),
    /** Maximum number of concurrent sequences. */
    sequences: z.number(),
    embeddings: z.boolean(),
  }),
]);

export type ChildConfig = z.infer<typeof childConfig>;

/** The first message to a child. */
export const childStart = z.object({
  config: childConfig,
  /** Path of the Unix socket on which it serves. */
  socket: z.string(),
});

export type ChildStart = z.infer<typeof childStart>;

/** The report of a child to its parent, sent once: it is ready, or its start has failed. */
export const childReport = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready") }),
  z.object({ kind: z.literal("failed"), reason: z.string() }),
]);

export type ChildReport = z.infer<typeof childReport>;
