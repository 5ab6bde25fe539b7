import { z } from "zod";

/** What of the Ollama API's request bodies is understood. Unknown fields are left aside, as Ollama does. */

const options = z
  .looseObject({
    temperature: z.number().optional(),
    top_p: z.number().optional(),
    top_k: z.number().optional(),
    min_p: z.number().optional(),
    seed: z.number().int().optional(),
    num_predict: z.number().int().optional(),
    stop: z.union([z.string(), z.array(z.string())]).optional(),
    frequency_penalty: z.number().optional(),
    presence_penalty: z.number().optional(),
    repeat_penalty: z.number().optional(),
    repeat_last_n: z.number().optional(),
  })
  .nullish();

/** `json`, or a JSON Schema. */
const format = z.union([z.literal("json"), z.literal(""), z.record(z.string(), z.unknown())]).nullish();

const toolCall = z.object({
  function: z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
});

/** Calls in one message: each result looks through them. */
const mostCalls = 128;

const message = z.object({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.string().default(""),
  images: z.array(z.string()).nullish(),
  tool_calls: z.array(toolCall).max(mostCalls).nullish(),
  tool_name: z.string().optional(),
});

export const chatBody = z.object({
  model: z.string(),
  messages: z.array(message).default([]),
  stream: z.boolean().default(true),
  format,
  options,
  tools: z.array(z.record(z.string(), z.unknown())).nullish(),
});

export const generateBody = z.object({
  model: z.string(),
  prompt: z.string().default(""),
  system: z.string().nullish(),
  images: z.array(z.string()).nullish(),
  stream: z.boolean().default(true),
  raw: z.boolean().default(false),
  format,
  options,
});

export const embedBody = z.object({
  model: z.string(),
  input: z.union([z.string(), z.array(z.string())]),
  dimensions: z.number().int().positive().optional(),
});

export const embeddingsBody = z.object({ model: z.string(), prompt: z.string() });

export const showBody = z.object({ model: z.string().optional(), name: z.string().optional() });

export type ChatBody = z.infer<typeof chatBody>;
export type GenerateBody = z.infer<typeof generateBody>;
export type Options = z.infer<typeof options>;
export type Format = z.infer<typeof format>;
export type Message = z.infer<typeof message>;
