import { z } from "zod";
import type { Format, Generation, Message } from "./inference.js";

/** What of OpenAI's request bodies the engines understand. Unknown fields are left aside, as the API's servers do. */

const textPart = z.object({ type: z.literal("text"), text: z.string() });
const content = z.union([z.string(), z.array(textPart), z.null()]);

const message = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: content.optional(),
});

const format = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({ type: z.literal("json_schema"), json_schema: z.object({ schema: z.record(z.string(), z.unknown()) }) }),
]);

const sampling = {
  model: z.string(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.number().int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  n: z.literal(1, { error: "only one choice can be asked for" }).nullish(),
  response_format: format.nullish(),
};

export const chatBody = z.object({
  ...sampling,
  max_completion_tokens: z.number().int().positive().nullish(),
  messages: z.array(message).min(1),
});

export const completionBody = z.object({
  ...sampling,
  prompt: z.union([z.string(), z.array(z.string()).length(1)], { error: "prompt must be one text" }),
});

export const embeddingsBody = z.object({
  model: z.string(),
  input: z.union([z.string(), z.array(z.string()).min(1).max(2048)], {
    error: "input must be a text or a list of texts",
  }),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.number().int().positive().nullish(),
});

type ChatBody = z.infer<typeof chatBody>;
type CompletionBody = z.infer<typeof completionBody>;

export function chatGeneration(body: ChatBody): Generation {
  const messages = body.messages.map(plainMessage);
  return {
    ...settings(body),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    prompt: { kind: "messages", messages },
  };
}

export function completionGeneration(body: CompletionBody): Generation {
  const text = typeof body.prompt === "string" ? body.prompt : (body.prompt[0] ?? "");
  // OpenAI's old completion API stops after 16 tokens unless told otherwise.
  return { ...settings(body), maxTokens: body.max_tokens ?? 16, prompt: { kind: "text", text } };
}

function settings(body: ChatBody | CompletionBody): Omit<Generation, "prompt" | "maxTokens"> {
  return {
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    seed: body.seed ?? undefined,
    stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
    format: formatOf(body.response_format),
  };
}

function formatOf(asked: z.infer<typeof format> | null | undefined): Format {
  switch (asked?.type) {
    case "json_object":
      return { kind: "json" };
    case "json_schema":
      return { kind: "schema", schema: asked.json_schema.schema };
    default:
      return { kind: "text" };
  }
}

function plainMessage({ role, content: parts }: ChatBody["messages"][number]): Message {
  return { role: role === "developer" ? "system" : role === "function" ? "tool" : role, content: plainText(parts) };
}

function plainText(parts: z.infer<typeof content> | undefined): string {
  if (parts === undefined || parts === null) return "";
  if (typeof parts === "string") return parts;
  return parts.map(({ text }) => text).join("\n");
}
