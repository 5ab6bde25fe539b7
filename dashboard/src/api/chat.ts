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
}

/** A part of a streamed response. */
export type ChatEvent =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "usage"; readonly inputTokens: number; readonly outputTokens: number }
  | { readonly kind: "end"; readonly reason: string };

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

async function open(request: ChatRequest, signal: AbortSignal): Promise<Response> {
  return send("/v1/chat/completions", {
    method: "POST",
    headers: { authorization: `Bearer ${await playgroundKey()}`, accept: "text/event-stream" },
    body: {
      model: request.model,
      messages: request.messages,
      temperature: request.temperature,
      max_tokens: request.maxTokens,
      stream: true,
      stream_options: { include_usage: true },
    },
    signal,
  });
}

/** Streams a response from the platform's OpenAI API, as any client does. Aborting `signal` stops the generation. */
export async function* chat(request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  let response: Response;
  try {
    response = await open(request, signal);
  } catch (error) {
    // The key may have been revoked on the Keys page: retry once with a new one.
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    discardPlaygroundKey();
    response = await open(request, signal);
  }
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
