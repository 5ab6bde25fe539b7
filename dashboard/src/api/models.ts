import { useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { call } from "./client.js";

const target = z.object({
  id: z.string(),
  engine: z.string(),
  state: z.string(),
  inFlight: z.number(),
  ewmaMs: z.number().nullish(),
  errors: z.number(),
});

const model = z.object({
  name: z.string(),
  engine: z.string().nullish(),
  reason: z.string().nullish(),
  state: z.enum(["ready", "starting", "down"]),
  targets: z.array(target),
  queue: z.object({ waiting: z.number(), limit: z.number() }),
  requestsPerSecond: z.number(),
  tokensPerSecond: z.number(),
  embeddings: z.boolean().optional(),
});

const answer = z.object({ models: z.array(model) });

export type Target = z.infer<typeof target>;
export type Model = z.infer<typeof model>;

export function useModels() {
  return useQuery({
    queryKey: ["models"],
    queryFn: async ({ signal }) => (await call(answer, "/admin/models", { signal })).models,
    refetchInterval: 3_000,
  });
}
