import { z } from "zod";
import { listOf } from "../../kernel/list-of.js";
import { conversationOf, message } from "./conversation.js";
import type { Format, Generation, Input, Penalties } from "./inference.js";
import { requireBoundedSchema } from "./schema-bounds.js";
import { toolFields, toolsOf } from "./tools.js";

/**
 * The fields of OpenAI's request bodies that the local engines support, and four fields of llama.cpp's own server: `top_k`, `min_p`,
 * `repeat_penalty` and `repeat_last_n`. `refusals.ts` refuses other fields that would change the output; the rest are ignored.
 */

const format = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({ type: z.literal("json_schema"), json_schema: z.object({ schema: z.record(z.string(), z.unknown()) }) }),
]);

/** Limit on `logit_bias`, because the sampler applies every bias to each generated token. */
const MAX_BIASED_TOKENS = 1024;

/** Inputs of one embeddings request, as in OpenAI's API. */
const MAX_EMBEDDING_INPUTS = 2048;
/** Prompts of one completion request. They are processed one after another, because the request holds one slot of the model. */
const MAX_PROMPTS = 128;
/** Default of OpenAI's older completion API. */
const DEFAULT_COMPLETION_TOKENS = 16;

/** OpenAI's API permits four texts. Each is searched in the output, and split into tokens before. */
const MAX_STOP_TEXTS = 16;
const MAX_STOP_CHARACTERS = 500;
const stopText = z
  .string()
  .max(MAX_STOP_CHARACTERS, { error: `a text that ends the output has at most ${MAX_STOP_CHARACTERS} characters` });

const logitBias = z
  .record(z.string(), z.number().min(-100).max(100))
  .refine((bias) => Object.keys(bias).every((token) => /^\d{1,9}$/.test(token)), {
    error: "keys must be token ids, such as 1734",
  })
  .refine((bias) => Object.keys(bias).length <= MAX_BIASED_TOKENS, {
    error: `at most ${MAX_BIASED_TOKENS} tokens are allowed`,
  });

/** One input or several. Checked by hand: a list of token ids has millions of elements. */
const inputs = (max: number, isText: (text: string) => boolean, error: string) =>
  z.custom<Input | readonly Input[]>((given) => isInputs(given, max, isText), { error });

function isInputs(given: unknown, max: number, isText: (text: string) => boolean): boolean {
  if (typeof given === "string") return isText(given);
  if (!Array.isArray(given)) return false;
  if (typeof given[0] === "number") return isTokenIds(given);
  if (given.length === 0 || given.length > max) return false;
  const isOne = typeof given[0] === "string" ? (each: unknown) => typeof each === "string" && isText(each) : isTokenIds;
  return given.every(isOne);
}

/** Token ids of the model's vocabulary; which it has, the engine checks. */
function isTokenIds(given: unknown): given is readonly number[] {
  return Array.isArray(given) && given.length > 0 && given.every((id) => Number.isInteger(id) && id >= 0);
}

const sampling = {
  model: z.string(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.number().int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.number().int().min(-1).max(1_000_000).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  repeat_penalty: z.number().gt(0).max(100).nullish(),
  repeat_last_n: z.number().int().min(-1).max(1_000_000).nullish(),
  logit_bias: logitBias.nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([stopText, listOf(stopText, { max: MAX_STOP_TEXTS })]).nullish(),
  n: z.literal(1, { error: "only one choice is supported" }).nullish(),
  response_format: format.nullish(),
};

export const chatBody = z.object({
  ...sampling,
  max_completion_tokens: z.number().int().positive().nullish(),
  messages: listOf(message, { min: 1 }),
  ...toolFields,
});

export const completionBody = z.object({
  ...sampling,
  prompt: inputs(
    MAX_PROMPTS,
    () => true,
    `must be a string, a list of token ids, or a list of 1 to ${MAX_PROMPTS} of either`,
  ),
});

export const embeddingsBody = z.object({
  model: z.string(),
  input: inputs(
    MAX_EMBEDDING_INPUTS,
    (text) => text !== "",
    `must be a non-empty string, a list of token ids, or a list of 1 to ${MAX_EMBEDDING_INPUTS} of either`,
  ),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.number().int().positive().nullish(),
});

type ChatBody = z.infer<typeof chatBody>;
type CompletionBody = z.infer<typeof completionBody>;

export function chatGeneration(body: ChatBody): Generation {
  return {
    ...settings(body),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    prompt: { kind: "messages", messages: conversationOf(body.messages) },
    tools: toolsOf(body),
  };
}

/** One generation for each prompt, in the order of the request. */
export function completionGenerations(body: CompletionBody): Generation[] {
  const common = { ...settings(body), maxTokens: body.max_tokens ?? DEFAULT_COMPLETION_TOKENS, tools: undefined };
  return inputsOf(body.prompt).map((input) => ({ ...common, prompt: { kind: "input", input } }));
}

/** The inputs of a field that accepts one or several. */
export function inputsOf(given: Input | readonly Input[]): readonly Input[] {
  return isSeveral(given) ? given : [given];
}

function isSeveral(given: Input | readonly Input[]): given is readonly Input[] {
  return typeof given !== "string" && typeof given[0] !== "number";
}

function settings(body: ChatBody | CompletionBody): Omit<Generation, "prompt" | "maxTokens" | "tools"> {
  return {
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    // For llama.cpp any value below one means "all".
    topK: body.top_k == null ? undefined : Math.max(0, body.top_k),
    minP: body.min_p ?? undefined,
    seed: body.seed ?? undefined,
    penalties: penaltiesOf(body),
    logitBias: new Map(Object.entries(body.logit_bias ?? {}).map(([token, bias]) => [Number(token), bias])),
    stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
    format: formatOf(body.response_format),
  };
}

function penaltiesOf(body: ChatBody | CompletionBody): Penalties {
  const { frequency_penalty, presence_penalty, repeat_penalty, repeat_last_n: lastTokens } = body;
  return {
    frequency: frequency_penalty ?? 0,
    presence: presence_penalty ?? 0,
    repeat: repeat_penalty ?? 1,
    lastTokens: lastTokens == null || lastTokens < 0 ? undefined : lastTokens,
  };
}

function formatOf(requested: z.infer<typeof format> | null | undefined): Format {
  switch (requested?.type) {
    case "json_object":
      return { kind: "json" };
    case "json_schema":
      requireBoundedSchema(requested.json_schema.schema, "response_format");
      return { kind: "schema", schema: requested.json_schema.schema };
    default:
      return { kind: "text" };
  }
}
