import { z } from "zod";

/** `ModelStatus` as it goes over HTTP, between processes and in the admin API. */
export const modelsReply = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      embeddings: z.boolean(),
      engine: z.string(),
      reason: z.string(),
      state: z.enum(["ready", "starting", "down"]),
      targets: z.array(
        z.object({
          id: z.string(),
          engine: z.string(),
          state: z.enum(["ready", "ejected"]),
          inFlight: z.number(),
          ewmaMs: z.number(),
          errors: z.number(),
        }),
      ),
      queue: z.object({ waiting: z.number(), limit: z.number() }),
      requestsPerSecond: z.number(),
      tokensPerSecond: z.number(),
    }),
  ),
});
