import { createInterface } from "node:readline/promises";
import { request } from "undici";
import { z } from "zod";
import { readError } from "../contracts/error.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { suggest } from "../platform-file/suggest.js";
import { coloursFor } from "./colours.js";
import { type Connection, type ConnectionOptions, connect } from "./connection.js";
import { print, printResult } from "./output.js";

export interface ChatOptions extends ConnectionOptions {
  readonly model?: string;
  readonly system?: string;
  readonly json?: boolean;
}

interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

interface Answer {
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

const paint = coloursFor(process.stdout, process.env);

/** `keelson chat`. */
export async function chat(words: readonly string[], options: ChatOptions): Promise<void> {
  const prompt = words.join(" ") || (process.stdin.isTTY ? "" : await readStdin());
  if (prompt === "" && !process.stdin.isTTY)
    throw new KeelsonError("chat/no-question", "no prompt was given, and stdin is not a terminal");
  const connection = await connect(options, "inference");
  const model = options.model ?? (await firstModel(connection));
  const before: Message[] = options.system === undefined ? [] : [{ role: "system", content: options.system }];
  if (prompt !== "") await sendPrompt(connection, model, [...before, { role: "user", content: prompt }], options);
  else await converse(connection, model, before, options);
}

async function sendPrompt(
  connection: Connection,
  model: string,
  messages: readonly Message[],
  options: ChatOptions,
): Promise<void> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  const show = options.json ? () => undefined : (text: string) => void print(text);
  const answer = await streamAnswer(connection, model, messages, show, interrupted.signal);
  printResult(options.json, answer, () => "");
}

async function converse(
  connection: Connection,
  model: string,
  before: readonly Message[],
  options: ChatOptions,
): Promise<void> {
  if (options.json) throw new KeelsonError("chat/json", "--json requires a prompt");
  print(
    paint.dim(
      `${model} at ${connection.url}. Ctrl-C stops an answer, /clear starts a new conversation, Ctrl-D exits.\n`,
    ),
  );
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  let messages = [...before];
  let current: AbortController | undefined;
  let closed = false;
  terminal.on("close", () => {
    closed = true;
    current?.abort();
  });
  terminal.on("SIGINT", () => (current ? current.abort() : terminal.close()));
  while (!closed) {
    const text = (await nextLine(terminal))?.trim();
    if (text === undefined || text === "/exit" || text === "/quit") break;
    if (text === "/clear") messages = [...before];
    if (text === "" || text === "/clear") continue;
    current = new AbortController();
    try {
      const answer = await streamAnswer(
        connection,
        model,
        [...messages, { role: "user", content: text }],
        (part) => void print(part),
        current.signal,
      );
      messages.push({ role: "user", content: text }, { role: "assistant", content: answer.text });
      print(`\n${paint.dim(answerStatistics(answer))}\n`);
    } catch (error) {
      // A failed request does not end the conversation.
      if (current.signal.aborted) print(paint.dim(" (stopped)\n"));
      else if (error instanceof KeelsonError)
        print(`${paint.red(error.message)}${error.hint === undefined ? "" : `\n  ${error.hint}`}\n`);
      else throw error;
    } finally {
      current = undefined;
    }
  }
  terminal.close();
  print("\n");
}

/** The next line of input; undefined at its end. */
function nextLine(terminal: ReturnType<typeof createInterface>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = () => resolve(undefined);
    terminal.once("close", end);
    terminal.question(paint.bold("› ")).then((line) => {
      terminal.off("close", end);
      resolve(line);
    }, end);
  });
}

function answerStatistics({ outputTokens, firstMs, totalMs }: Answer): string {
  const generating = (totalMs - firstMs) / 1000;
  const rate = outputTokens > 1 && generating > 0 ? `, ${Math.round((outputTokens - 1) / generating)} tokens/s` : "";
  return `${outputTokens} tokens, TTFT ${Math.round(firstMs)} ms${rate}`;
}

const chunkSchema = z.object({
  model: z.string().optional(),
  choices: z.array(z.object({ delta: z.object({ content: z.string().nullish() }).optional() })).default([]),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
  error: z.object({ message: z.string() }).optional(),
});

/** Streams an answer; `show` receives each part as it arrives. */
async function streamAnswer(
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
  for await (const event of events(response)) {
    const chunk = chunkSchema.parse(JSON.parse(event));
    if (chunk.error) throw new KeelsonError("chat/answer", chunk.error.message);
    const part = chunk.choices[0]?.delta?.content ?? "";
    if (part !== "") {
      firstMs ??= performance.now() - started;
      text += part;
      show(part);
    }
    answering = chunk.model ?? answering;
    usage = chunk.usage ?? usage;
  }
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
async function modelNames(connection: Connection): Promise<readonly string[]> {
  const body = await send(connection, "GET", "/v1/models", AbortSignal.timeout(MODEL_LIST_TIMEOUT_MS));
  return modelsSchema.parse(JSON.parse(await read(body))).data.map(({ id }) => id);
}

async function firstModel(connection: Connection): Promise<string> {
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
  const answer = await request(`${connection.url}${path}`, {
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

async function readStdin(): Promise<string> {
  return (await read(process.stdin)).trim();
}

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
