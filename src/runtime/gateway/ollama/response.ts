import { z } from "zod";
import { parseExactly, stringifyExactly } from "../../kernel/exact-json.js";
import { errorIn, errorOfEvent, failureOf, notAnAnswer, type ResponseFailure } from "../failure.js";
import { type Problem, problemBody } from "../problem.js";
import { dataOf, EventCutter, eventsIn, isNamedError } from "../response/events.js";
import { OutputMeter } from "../response/output-meter.js";
import { isCount, largerCounts } from "../response/usage-field.js";
import type { Counted, DocumentShape, StreamShape } from "../shape.js";
import { argumentsProblem, argumentsValue, type ToolCall, ToolCalls } from "./tool-calls.js";

const toolCall = z.object({
  index: z.number().int().nullish(),
  id: z.string().nullish(),
  function: z.object({
    name: z.string().nullish(),
    // Some servers send an object instead of its JSON text.
    arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  }),
});

/** A text, or a list of parts: of these the texts are joined. */
const content = z.union([
  z.string(),
  z
    .array(z.object({ type: z.string(), text: z.string().nullish() }))
    .transform((parts) => parts.flatMap(({ type, text }) => (type === "text" ? (text ?? "") : "")).join("")),
]);

const message = z.object({
  content: content.nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  tool_calls: z.array(toolCall).nullish(),
});

/** Those of a chat, or those of a completion: lists with an element for each token. */
const logprobs = z
  .object({
    content: z.array(z.unknown()).nullish(),
    tokens: z.array(z.string()).nullish(),
    token_logprobs: z.array(z.number().nullable()).nullish(),
    top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
  })
  .nullish();

/** What is no count is as good as none. */
const usage = z
  .object({ prompt_tokens: z.custom<number>(isCount), completion_tokens: z.custom<number>(isCount).nullish() })
  .nullish()
  .catch(undefined);

const chunk = z.object({
  choices: z.array(
    z.object({
      delta: message.nullish(),
      text: z.string().nullish(),
      finish_reason: z.string().nullish(),
      logprobs,
    }),
  ),
  usage,
});

const completeDocument = z.object({
  choices: z
    .array(
      z.object({
        message: message.nullish(),
        text: z.string().nullish(),
        finish_reason: z.string().nullish(),
        logprobs,
      }),
    )
    .min(1),
  usage,
});

const embeddings = z.object({
  data: z.array(z.object({ embedding: z.array(z.number()) })),
  usage,
});

/** `message` for /api/chat, `response` for /api/generate. */
export type Field = "message" | "response";

interface Output {
  readonly content: string;
  readonly thinking: string;
  readonly toolCalls: readonly ToolCall[];
  /** The tokens of the content with their log probabilities, as in the OpenAI API. */
  readonly logprobs: readonly unknown[];
}

/** Converts OpenAI's events to Ollama's lines of JSON. */
export class OllamaStream implements StreamShape {
  readonly contentType = "application/x-ndjson";
  counted: Counted | undefined;
  hasEvents = false;
  hasContent = false;
  dataPieces = 0;
  complete = false;
  failure: ResponseFailure | undefined;
  readonly #cutter = new EventCutter();
  readonly #startedAt = performance.now();
  #firstAt = 0;
  /** The reason of the upstream; undefined before it has arrived. */
  #reason: string | undefined;
  readonly #calls = new ToolCalls();
  readonly #output = new OutputMeter();

  constructor(
    private readonly model: string,
    private readonly field: Field,
  ) {}

  get outputEstimate(): number {
    return this.#output.tokens;
  }

  push(bytes: Buffer): Buffer | undefined {
    const events = this.#cutter.push(bytes);
    return events === undefined ? undefined : this.#takeAll(events);
  }

  finish(): Buffer | undefined {
    const rest = this.#cutter.rest();
    const last = rest === undefined ? undefined : this.#takeAll(rest);
    if (this.#reason !== undefined) this.#complete();
    return last;
  }

  tail(counted: Counted): Buffer {
    const now = performance.now();
    const toolCalls = this.#calls.all;
    const calls = toolCalls.length === 0 ? "" : this.#line({ ...EMPTY_OUTPUT, toolCalls });
    const first = this.#firstAt || now;
    return Buffer.from(
      calls +
        line(this.model, this.field, EMPTY_OUTPUT, {
          done: true,
          done_reason: reasonOf(this.#reason ?? "stop"),
          ...durations(this.#startedAt, first, now),
          prompt_eval_count: counted.inputTokens,
          eval_count: counted.outputTokens,
        }),
    );
  }

  broken(why: Problem): Buffer {
    return Buffer.from(`${problemBody("ollama", why)}\n`);
  }

  #takeAll(events: Buffer): Buffer | undefined {
    const lines: string[] = [];
    this.#output.push(events);
    for (const event of eventsIn(events)) {
      if (this.complete || this.failure !== undefined) break;
      const data = dataOf(event);
      if (data === "[DONE]") this.#complete();
      else if (data !== undefined) this.#take(event, data, lines);
    }
    return lines.length === 0 ? undefined : Buffer.from(lines.join(""));
  }

  #complete(): void {
    if (this.failure !== undefined) return;
    const invalid = argumentsProblem(this.#calls.all);
    if (invalid === undefined) this.complete = true;
    else this.failure = notAnAnswer(invalid);
  }

  #take(event: Buffer, data: string, lines: string[]): void {
    const value = parse(data);
    const error = isNamedError(event) ? errorOfEvent(data, value) : errorIn(value);
    if (error !== undefined) {
      this.failure = failureOf(error);
      return;
    }
    this.hasEvents = true;
    this.dataPieces += 1;
    const parsed = chunk.safeParse(value);
    if (!parsed.success) return;
    this.counted = largerCounts(this.counted, countedOf(parsed.data.usage));
    const [choice] = parsed.data.choices;
    if (choice === undefined) return;
    if (choice.finish_reason) this.#reason = choice.finish_reason;
    for (const piece of choice.delta?.tool_calls ?? []) this.#calls.add(piece);
    const content = choice.delta?.content || choice.delta?.refusal || choice.text || "";
    const thinking = choice.delta?.reasoning_content ?? choice.delta?.reasoning ?? "";
    this.hasContent ||= content !== "" || thinking !== "" || this.#calls.all.length > 0;
    if (content === "" && thinking === "") return;
    if (this.#firstAt === 0) this.#firstAt = performance.now();
    lines.push(this.#line({ content, thinking, toolCalls: [], logprobs: scoresOf(choice.logprobs) }));
  }

  #line(output: Output): string {
    return line(this.model, this.field, output, { done: false });
  }
}

/** Converts a complete response into that of /api/chat and /api/generate without `stream`. */
export function documentConverter(model: string, field: Field, startedAt: number): DocumentShape {
  return (body) => {
    const parsed = completeDocument.safeParse(parse(body.toString("utf8")));
    const choice = parsed.success ? parsed.data.choices[0] : undefined;
    if (!parsed.success || choice === undefined) return unreadable();
    const counted = countedOf(parsed.data.usage);
    const now = performance.now();
    const calls = new ToolCalls();
    for (const [index, call] of (choice.message?.tool_calls ?? []).entries()) calls.add({ ...call, index });
    const invalid = argumentsProblem(calls.all);
    if (invalid !== undefined) return notAnAnswer(invalid);
    const output: Output = {
      content: choice.message?.content || choice.message?.refusal || choice.text || "",
      thinking: choice.message?.reasoning_content ?? choice.message?.reasoning ?? "",
      toolCalls: calls.all,
      logprobs: scoresOf(choice.logprobs),
    };
    return Buffer.from(
      line(model, field, output, {
        done: true,
        done_reason: reasonOf(choice.finish_reason ?? "stop"),
        ...durations(startedAt, startedAt, now),
        prompt_eval_count: counted?.inputTokens ?? 0,
        eval_count: counted?.outputTokens ?? 0,
      }),
    );
  };
}

/** Converts embeddings: /api/embed returns all vectors, /api/embeddings one. */
export function embeddingsConverter(model: string, form: "embed" | "embeddings", startedAt: number): DocumentShape {
  return (body) => {
    const parsed = embeddings.safeParse(parse(body.toString("utf8")));
    if (!parsed.success) return unreadable();
    const vectors = parsed.data.data.map(({ embedding }) => embedding);
    if (form === "embeddings") return Buffer.from(JSON.stringify({ embedding: vectors[0] ?? [] }));
    return Buffer.from(
      JSON.stringify({
        model,
        embeddings: vectors,
        total_duration: nanoseconds(performance.now() - startedAt),
        load_duration: 0,
        prompt_eval_count: countedOf(parsed.data.usage)?.inputTokens ?? 0,
      }),
    );
  };
}

/** The response to a request without a prompt, streamed or not. A `keep_alive` of zero unloads the model in Ollama. */
export function loadedResponse(model: string, field: Field, reason: "load" | "unload"): object {
  return document(model, field, EMPTY_OUTPUT, { done: true, done_reason: reason });
}

const EMPTY_OUTPUT: Output = { content: "", thinking: "", toolCalls: [], logprobs: [] };

function line(model: string, field: Field, output: Output, rest: object): string {
  return `${stringifyExactly(document(model, field, output, rest))}\n`;
}

function document(
  model: string,
  field: Field,
  { content, thinking, toolCalls, logprobs }: Output,
  rest: object,
): object {
  const calls = toolCalls.map((call) => ({
    function: { name: call.name, arguments: argumentsValue(call.arguments) ?? {} },
  }));
  const output =
    field === "response"
      ? { response: content, ...(thinking === "" ? {} : { thinking }) }
      : {
          message: {
            role: "assistant",
            content,
            ...(thinking === "" ? {} : { thinking }),
            ...(calls.length === 0 ? {} : { tool_calls: calls }),
          },
        };
  const scores = logprobs.length === 0 ? {} : { logprobs };
  return { model, created_at: new Date().toISOString(), ...output, ...scores, ...rest };
}

function durations(startedAt: number, first: number, now: number): object {
  return {
    total_duration: nanoseconds(now - startedAt),
    load_duration: 0,
    prompt_eval_duration: nanoseconds(first - startedAt),
    eval_duration: nanoseconds(now - first),
  };
}

/** The log probabilities in the form of the Ollama API, which is that of OpenAI's chats. */
function scoresOf(scores: z.infer<typeof logprobs>): readonly unknown[] {
  if (scores?.content != null) return scores.content;
  return (scores?.tokens ?? []).map((token, index) => ({
    ...scoreOf(token, scores?.token_logprobs?.[index] ?? 0),
    top_logprobs: Object.entries(scores?.top_logprobs?.[index] ?? {}).map(([other, logprob]) =>
      scoreOf(other, logprob),
    ),
  }));
}

function scoreOf(token: string, logprob: number): object {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}

function nanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}

function countedOf(found: z.infer<typeof usage>): Counted | undefined {
  return found ? { inputTokens: found.prompt_tokens, outputTokens: found.completion_tokens ?? 0 } : undefined;
}

/** Ollama has `stop`, `length` and `load`. */
function reasonOf(finish: string): string {
  return finish === "length" ? "length" : "stop";
}

/** Some servers send the arguments of a tool call as an object: its numbers keep their digits. */
function parse(json: string): unknown {
  try {
    return json.includes('"tool_calls"') ? parseExactly(json) : JSON.parse(json);
  } catch {
    return undefined;
  }
}

function unreadable(): ResponseFailure {
  return notAnAnswer("an invalid document");
}
