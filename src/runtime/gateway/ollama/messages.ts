import { z } from "zod";
import { listOf } from "../../kernel/list-of.js";

/**
 * The supported fields of the Ollama API's request bodies. Other fields are ignored, and null is the same as an omitted
 * field, as in Ollama.
 */

const model = z.string().min(1);
const text = z
  .string()
  .nullish()
  .transform((given) => given ?? "");
const flag = (fallback: boolean) =>
  z
    .boolean()
    .nullish()
    .transform((given) => given ?? fallback);

const options = z
  .looseObject({
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    top_k: z.number().nullish(),
    min_p: z.number().nullish(),
    seed: z.number().int().nullish(),
    num_predict: z.number().int().nullish(),
    stop: z.union([z.string(), listOf(z.string())]).nullish(),
    frequency_penalty: z.number().nullish(),
    presence_penalty: z.number().nullish(),
    repeat_penalty: z.number().nullish(),
    repeat_last_n: z.number().nullish(),
  })
  .nullish();

/** `json`, or a JSON Schema. */
const format = z.union([z.literal("json"), z.literal(""), z.record(z.string(), z.unknown())]).nullish();

const toolCall = z.object({
  function: z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
});

/** As in OpenAI's API. */
const MAX_TOOLS = 128;
/** Maximum number of tool calls in one message: each result searches them. */
const MAX_TOOL_CALLS = 128;

const message = z.object({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: text,
  images: listOf(z.string()).nullish(),
  tool_calls: listOf(toolCall, { max: MAX_TOOL_CALLS }).nullish(),
  tool_name: z.string().nullish(),
});

/** `0`, `"0"` and `"0s"` unload the model in Ollama. */
const keepAlive = z.union([z.number(), z.string()]).nullish();
const logprobs = { logprobs: z.boolean().nullish(), top_logprobs: z.number().int().min(0).nullish() };

export const chatBody = z.object({
  model,
  messages: listOf(message).nullish(),
  stream: flag(true),
  format,
  options,
  keep_alive: keepAlive,
  ...logprobs,
  tools: listOf(z.record(z.string(), z.unknown()), { max: MAX_TOOLS }).nullish(),
});

export const generateBody = z.object({
  model,
  prompt: text,
  suffix: text,
  system: text,
  images: listOf(z.string()).nullish(),
  stream: flag(true),
  raw: flag(false),
  format,
  options,
  keep_alive: keepAlive,
  ...logprobs,
});

export const embedBody = z.object({
  model,
  input: z.union([z.string(), listOf(z.string())]),
  dimensions: z.number().int().positive().nullish(),
});

export const embeddingsBody = z.object({ model, prompt: z.string() });

export const showBody = z.object({ model: text, name: text });

export type ChatBody = z.infer<typeof chatBody>;
export type GenerateBody = z.infer<typeof generateBody>;
export type Options = z.infer<typeof options>;
export type Format = z.infer<typeof format>;
export type Message = z.infer<typeof message>;
