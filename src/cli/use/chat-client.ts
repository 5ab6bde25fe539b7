import { request } from "undici";
import { z } from "zod";
import { parseJson, readError } from "../../contracts/error.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { suggest } from "../../platform-file/suggest.js";
import type { Connection } from "../platform/connection.js";

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface Answer {
  readonly model: string;
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly firstMs: number;
  readonly totalMs: number;
}

const MODEL_LIST_TIMEOUT_MS = 10_000;
/** Characters of a response that is not an error document. */
const MAX_ERROR_LENGTH = 200;

const chunkSchema = z.object({
  model: z.string().optional(),
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

/** Streams an answer; `show` receives each part as it arrives. */
export async function streamAnswer(
  connection: Connection,
  model: string,
  messages: readonly Message[],
  show: (text: string) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const started = performance.now();
  const response = await send(connection, "POST", "/v1/chat/completions", signal, {
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let firstMs: number | undefined;
  let usage = { prompt_tokens: 0, completion_tokens: 0 };
  let answering = model;
  let finished = false;
  for await (const event of events(response)) {
    const chunk = parsed(chunkSchema, event);
    if (chunk.error) throw new KeelsonError("chat/answer", chunk.error.message);
    const part = chunk.choices[0]?.delta?.content ?? "";
    if (part !== "") {
      firstMs ??= performance.now() - started;
      text += part;
      show(part);
    }
    finished ||= (chunk.choices[0]?.finish_reason ?? null) !== null;
    answering = chunk.model ?? answering;
    usage = chunk.usage ?? usage;
  }
  if (!finished && text === "") throw new KeelsonError("chat/answer", "the response contains no answer");
  const totalMs = performance.now() - started;
  return {
    model: answering,
    text,
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    firstMs: firstMs ?? totalMs,
    totalMs,
  };
}

/** The data of server-sent events, until `[DONE]`. */
async function* events(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const data = /^data: ?(.*?)\r?$/.exec(line)?.[1];
      if (data === "[DONE]") return;
      if (data !== undefined) yield data;
    }
  }
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** Names of the models that the key may use, in the platform file's order. */
export async function modelNames(connection: Connection): Promise<readonly string[]> {
  const body = await send(connection, "GET", "/v1/models", AbortSignal.timeout(MODEL_LIST_TIMEOUT_MS));
  return parsed(modelsSchema, await read(body)).data.map(({ id }) => id);
}

/** @throws KeelsonError `platform/answer` */
function parsed<T>(schema: z.ZodType<T>, text: string): T {
  const result = schema.safeParse(parseJson(text));
  if (result.success) return result.data;
  throw new KeelsonError("platform/answer", "the response of the platform is invalid", { cause: result.error });
}

export async function firstModel(connection: Connection): Promise<string> {
  const [first] = await modelNames(connection);
  if (first !== undefined) return first;
  throw new KeelsonError("chat/no-model", "the platform has no models");
}

/** The error for a model that does not exist or that the key may not use, with the available models. */
async function unknownModel(connection: Connection, model: string, message: string): Promise<KeelsonError> {
  const names = await modelNames(connection);
  const near = suggest(model, names);
  const list = names.length === 0 ? "this key may use no model" : `available models: ${names.join(", ")}`;
  const hint = near === undefined ? list : `did you mean \`${near}\`? ${list}`;
  return new KeelsonError("chat/no-model", message, { hint });
}

const MODEL_ERRORS = new Set(["model_not_found", "model_not_allowed"]);

async function send(
  connection: Connection,
  method: "GET" | "POST",
  path: string,
  signal: AbortSignal,
  content?: { readonly model: string } & Readonly<Record<string, unknown>>,
): Promise<AsyncIterable<Uint8Array>> {
  const answer = await request(`${connection.base}${path}`, {
    method,
    signal,
    headers: { authorization: connection.authorization, "content-type": "application/json" },
    ...(content !== undefined && { body: JSON.stringify(content) }),
  }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new KeelsonError("connection/refused", `${connection.url} is unreachable`, {
      cause: error,
    });
  });
  if (answer.statusCode === 200) return answer.body;
  const text = await answer.body.text();
  const error = readError(text);
  if (error !== undefined && content !== undefined && MODEL_ERRORS.has(error.code ?? ""))
    throw await unknownModel(connection, content.model, error.message);
  const message = error?.message ?? text.slice(0, MAX_ERROR_LENGTH);
  throw new KeelsonError("chat/refused", `${message} (${answer.statusCode})`);
}

export async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
