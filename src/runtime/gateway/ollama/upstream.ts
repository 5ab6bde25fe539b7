import { stringifyExactly } from "../../kernel/exact-json.js";
import type { ChatBody, Format, GenerateBody, Message, Options } from "./messages.js";

/** The OpenAI request that corresponds to an Ollama request, without the model's name, which depends on the upstream. */
export type OpenAiBody = Readonly<Record<string, unknown>>;

export function chatRequest({ messages, stream, format, options, tools, ...scores }: ChatBody): OpenAiBody {
  return {
    ...logprobsOf(scores),
    messages: openAiMessages(messages ?? []),
    ...(tools && tools.length > 0 ? { tools } : {}),
    ...common(stream, format, options),
  };
}

export function generateRequest({
  prompt,
  system,
  images,
  stream,
  format,
  options,
  ...scores
}: GenerateBody): OpenAiBody {
  return {
    ...logprobsOf(scores),
    messages: [
      ...(system !== "" ? [{ role: "system", content: system }] : []),
      ...openAiMessages([{ role: "user", content: prompt, images }]),
    ],
    ...common(stream, format, options),
  };
}

/** Without the model's chat template: a completion of the prompt, or the text between the prompt and a suffix. */
export function rawRequest({ prompt, suffix, stream, format, options, ...scores }: GenerateBody): OpenAiBody {
  return {
    prompt,
    ...(suffix === "" ? {} : { suffix }),
    // Completions have one number: how many of the likeliest tokens are returned besides the one that was chosen.
    ...(scores.logprobs ? { logprobs: scores.top_logprobs ?? 0 } : {}),
    ...common(stream, format, options),
  };
}

/** Ollama has the fields of OpenAI's chat completions: https://github.com/ollama/ollama/blob/main/docs/api.md. */
function logprobsOf({ logprobs, top_logprobs }: Pick<ChatBody, "logprobs" | "top_logprobs">): OpenAiBody {
  return logprobs ? defined({ logprobs, top_logprobs }) : {};
}

function common(stream: boolean, format: Format, options: Options): OpenAiBody {
  const { temperature, top_p, seed, num_predict, stop, frequency_penalty, presence_penalty } = options ?? {};
  return {
    stream,
    ...(format === "json" ? { response_format: { type: "json_object" } } : {}),
    ...(typeof format === "object" && format !== null
      ? { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema: format } } }
      : {}),
    // Ollama generates until the end for a number below zero.
    ...(num_predict != null && num_predict > 0 ? { max_tokens: num_predict } : {}),
    ...defined({ temperature, top_p, seed, stop, frequency_penalty, presence_penalty }),
  };
}

/** Default number of a response's last tokens that Ollama's penalties apply to. */
const PENALTY_TOKENS = 64;

/** Fields of an Ollama request that the OpenAI API lacks: strict upstreams refuse them, Keelson's own engines support them. */
export function ownFields({ options }: { readonly options?: Options }): OpenAiBody {
  const { top_k, min_p, repeat_penalty, repeat_last_n, frequency_penalty, presence_penalty } = options ?? {};
  const penalised = [repeat_penalty, frequency_penalty, presence_penalty].some((one) => one != null);
  return defined({
    top_k,
    min_p,
    repeat_penalty,
    repeat_last_n: repeat_last_n ?? (penalised ? PENALTY_TOKENS : undefined),
  });
}

function defined(fields: Readonly<Record<string, unknown>>): OpenAiBody {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}

function openAiMessages(messages: readonly Message[]): OpenAiBody[] {
  /** Tool calls of the last message that has any, without those that have a result. */
  let open: { readonly id: string; readonly name: string }[] = [];
  return messages.map(({ role, content, images, tool_calls, tool_name }, index) => {
    const calls = (tool_calls ?? []).map((call, at) => ({
      id: `call_${index}_${at}`,
      type: "function",
      function: { name: call.function.name, arguments: stringifyExactly(call.function.arguments) },
    }));
    if (calls.length > 0) open = calls.map((call) => ({ id: call.id, name: call.function.name }));
    const parts = (images ?? []).map((image) => ({
      type: "image_url",
      image_url: { url: `data:${imageType(image)};base64,${image}` },
    }));
    return {
      role,
      content: parts.length > 0 ? [{ type: "text", text: content }, ...parts] : content,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...(role === "tool" ? { tool_call_id: takeCall(open, tool_name) ?? `call_${Math.max(0, index - 1)}_0` } : {}),
    };
  });
}

/** A result in the Ollama API names the tool at most, and never the call: it belongs to the first open call. */
function takeCall(
  open: { readonly id: string; readonly name: string }[],
  tool: string | null | undefined,
): string | undefined {
  const named = open.findIndex(({ name }) => name === tool);
  const [call] = open.splice(Math.max(0, named), 1);
  return call?.id;
}

/** The media type of an image, from the first bytes of its base64. */
function imageType(base64: string): string {
  if (base64.startsWith("/9j/")) return "image/jpeg";
  if (base64.startsWith("R0lGOD")) return "image/gif";
  if (base64.startsWith("UklGR")) return "image/webp";
  return "image/png";
}
