import { z } from "zod";
import { ApiError, send } from "./client.js";
import { discardPlaygroundKey, playgroundKey } from "./playground-key.js";

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly temperature: number;
  /** Maximum number of tokens of the response. */
  readonly maxTokens: number;
  /** Undefined: the model's default. */
  readonly topP: number | undefined;
  /** Undefined: another answer each time. */
  readonly seed: number | undefined;
  /** The response ends before any of these texts. */
  readonly stop: readonly string[];
}

/** The body of `POST /v1/chat/completions` for a request. */
export function chatBody(request: ChatRequest) {
  const { model, messages, temperature, maxTokens, topP, seed, stop } = request;
  return {
    model,
    messages,
    temperature,
    max_tokens: maxTokens,
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop.length === 0 ? {} : { stop }),
  };
}

/** A part of a streamed response. */
export type ChatEvent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "usage"; readonly inputTokens: number; readonly outputTokens: number }
  | { readonly kind: "end"; readonly reason: string };

export const CHAT_PATH = "/v1/chat/completions";
export const EMBEDDINGS_PATH = "/v1/embeddings";

const chunk = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).optional(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
  error: z.object({ message: z.string() }).optional(),
});

/** Calls the platform's OpenAI API with the key of the playground. */
async function post(path: string, body: unknown, accept: string, signal: AbortSignal): Promise<Response> {
  const attempt = async () =>
    send(path, {
      method: "POST",
      headers: { authorization: `Bearer ${await playgroundKey()}`, accept },
      body,
      signal,
    });
  try {
    return await attempt();
  } catch (error) {
    // The key may have been revoked on the Keys page: retry once with a new one.
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    discardPlaygroundKey();
    return attempt();
  }
}

/** Streams a response from the platform's OpenAI API, as any client does. Aborting `signal` stops the generation. */
export async function* chat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  const body = { ...chatBody(request), stream: true, stream_options: { include_usage: true } };
  const response = await post(CHAT_PATH, body, "text/event-stream", signal);
  for await (const data of serverSentData(response)) {
    if (data === "[DONE]") return;
    const parsed = chunk.safeParse(JSON.parse(data));
    if (!parsed.success) continue;
    const { choices, usage, error } = parsed.data;
    if (error) throw new ApiError(200, "chat/broken-off", error.message, undefined);
    const [choice] = choices;
    if (choice?.delta?.content) yield { kind: "text", text: choice.delta.content };
    if (usage) yield { kind: "usage", inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens };
    if (choice?.finish_reason) yield { kind: "end", reason: choice.finish_reason };
  }
}

export interface Embedding {
  readonly vector: readonly number[];
  readonly inputTokens: number;
}

const embeddingAnswer = z.object({
  data: z.array(z.object({ embedding: z.array(z.number()) })).min(1),
  usage: z.object({ prompt_tokens: z.number() }),
});

/** Embeds one text. */
export async function embed(model: string, input: string, signal: AbortSignal): Promise<Embedding> {
  const response = await post(EMBEDDINGS_PATH, { model, input }, "application/json", signal);
  const { data, usage } = embeddingAnswer.parse(await response.json());
  return { vector: data[0]?.embedding ?? [], inputTokens: usage.prompt_tokens };
}

/** The `data:` fields of a stream of server-sent events. */
async function* serverSentData(response: Response): AsyncGenerator<string> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("data:")) yield line.slice(5).trim();
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
