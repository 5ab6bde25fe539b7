import { z } from "zod";

/** What a child is told to run. */
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
    /** Sequences that are worked on at once. */
    sequences: z.number(),
    embeddings: z.boolean(),
  }),
]);

export type ChildConfig = z.infer<typeof childConfig>;

/** What a child tells its parent: once, as it has started or cannot. */
export const childReport = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready"), port: z.number() }),
  z.object({ kind: z.literal("failed"), reason: z.string() }),
]);

export type ChildReport = z.infer<typeof childReport>;
