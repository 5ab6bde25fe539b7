import { z } from "zod";

/** The configuration of a child: the engine and model that it runs. */
export const childConfig = z.discriminatedUnion("engine", [
  z.object({
    engine: z.literal("simulated"),
    model: z.string(),
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
    file: z.string(),
    context: z.number(),
    /** Maximum number of concurrent sequences. */
    sequences: z.number(),
    embeddings: z.boolean(),
  }),
]);

export type ChildConfig = z.infer<typeof childConfig>;

/** The report of a child to its parent, sent once: it is ready, or its start has failed. */
export const childReport = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready"), port: z.number() }),
  z.object({ kind: z.literal("failed"), reason: z.string() }),
]);

export type ChildReport = z.infer<typeof childReport>;
