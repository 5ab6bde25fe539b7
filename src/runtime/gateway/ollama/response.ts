import { z } from "zod";
import { type Problem, problem, problemBody } from "../problem.js";
import { dataOf, EventCutter, eventsIn } from "../response/events.js";
import type { Counted, StreamShape } from "../shape.js";

const toolCall = z.object({
  index: z.number().int().optional(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }),
});

const message = z.object({
  content: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z.array(toolCall).nullish(),
});

const usage = z.object({ prompt_tokens: z.number(), completion_tokens: z.number().optional() }).nullish();

const chunk = z.object({
  choices: z.array(
    z.object({ delta: message.optional(), text: z.string().nullish(), finish_reason: z.string().nullish() }),
  ),
  usage,
});

const completeDocument = z.object({
  choices: z
    .array(z.object({ message: message.optional(), text: z.string().nullish(), finish_reason: z.string().nullish() }))
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
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
}

/** Converts OpenAI's events to Ollama's lines of JSON. */
export class OllamaStream implements StreamShape {
  readonly contentType = "application/x-ndjson";
  counted: Counted | undefined;
  pieces = 0;
  complete = false;
  readonly #cutter = new EventCutter();
  readonly #startedAt = performance.now();
  #firstAt = 0;
  #reason = "stop";
  /** The arguments of a tool call arrive in pieces; Ollama returns a call complete. */
  readonly #calls = new Map<number, { name: string; arguments: string }>();

  constructor(
    private readonly model: string,
    private readonly field: Field,
  ) {}

  push(bytes: Buffer): Buffer | undefined {
    const events = this.#cutter.push(bytes);
    if (events === undefined || this.complete) return undefined;
    const lines: string[] = [];
    for (const event of eventsIn(events)) {
      const data = dataOf(event);
      if (data === undefined) continue;
      if (data === "[DONE]") {
        this.complete = true;
        break;
      }
      this.#take(data, lines);
    }
    return lines.length === 0 ? undefined : Buffer.from(lines.join(""));
  }

  tail(counted: Counted): Buffer {
    const now = performance.now();
    const toolCalls = [...this.#calls.values()];
    const calls = toolCalls.length === 0 ? "" : this.#line({ content: "", thinking: "", toolCalls });
    const first = this.#firstAt || now;
    return Buffer.from(
      calls +
        line(this.model, this.field, EMPTY_OUTPUT, {
          done: true,
          done_reason: this.#reason,
          ...durations(this.#startedAt, first, now),
          prompt_eval_count: counted.inputTokens,
          eval_count: counted.outputTokens,
        }),
    );
  }

  broken(why: Problem): Buffer {
    return Buffer.from(`${problemBody("ollama", why)}\n`);
  }

  #take(data: string, lines: string[]): void {
    const parsed = chunk.safeParse(parse(data));
    if (!parsed.success) return;
    if (parsed.data.usage) this.counted = countedOf(parsed.data.usage);
    const [choice] = parsed.data.choices;
    if (choice === undefined) return;
    if (choice.finish_reason) this.#reason = reasonOf(choice.finish_reason);
    for (const { index = 0, function: piece } of choice.delta?.tool_calls ?? []) {
      const call = this.#calls.get(index) ?? { name: "", arguments: "" };
      call.name += piece.name ?? "";
      call.arguments += piece.arguments ?? "";
      this.#calls.set(index, call);
    }
    const content = choice.delta?.content ?? choice.text ?? "";
    const thinking = choice.delta?.reasoning_content ?? "";
    if (content === "" && thinking === "") return;
    if (this.#firstAt === 0) this.#firstAt = performance.now();
    this.pieces += 1;
    lines.push(this.#line({ content, thinking, toolCalls: [] }));
  }

  #line(output: Output): string {
    return line(this.model, this.field, output, { done: false });
  }
}

/** Converts a complete response into that of /api/chat and /api/generate without `stream`. */
export function documentConverter(model: string, field: Field, startedAt: number): (body: Buffer) => Buffer | Problem {
  return (body) => {
    const parsed = completeDocument.safeParse(parse(body.toString("utf8")));
    const choice = parsed.success ? parsed.data.choices[0] : undefined;
    if (!parsed.success || choice === undefined) return unreadable();
    const counted = countedOf(parsed.data.usage);
    const now = performance.now();
    const output: Output = {
      content: choice.message?.content ?? choice.text ?? "",
      thinking: choice.message?.reasoning_content ?? "",
      toolCalls: (choice.message?.tool_calls ?? []).map((call) => ({
        name: call.function.name ?? "",
        arguments: call.function.arguments ?? "",
      })),
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
export function embeddingsConverter(
  model: string,
  form: "embed" | "embeddings",
  startedAt: number,
): (body: Buffer) => Buffer | Problem {
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

/** The response to a request without a prompt, streamed or not. */
export function loadedResponse(model: string, field: Field): object {
  return document(model, field, EMPTY_OUTPUT, { done: true, done_reason: "load" });
}

const EMPTY_OUTPUT: Output = { content: "", thinking: "", toolCalls: [] };

function line(model: string, field: Field, output: Output, rest: object): string {
  return `${JSON.stringify(document(model, field, output, rest))}\n`;
}

function document(model: string, field: Field, { content, thinking, toolCalls }: Output, rest: object): object {
  const calls = toolCalls.map((call) => ({ function: { name: call.name, arguments: argumentsOf(call.arguments) } }));
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
  return { model, created_at: new Date().toISOString(), ...output, ...rest };
}

function argumentsOf(json: string): unknown {
  return parse(json) ?? {};
}

function durations(startedAt: number, first: number, now: number): object {
  return {
    total_duration: nanoseconds(now - startedAt),
    load_duration: 0,
    prompt_eval_duration: nanoseconds(first - startedAt),
    eval_duration: nanoseconds(now - first),
  };
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

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function unreadable(): Problem {
  return problem("upstream_failed", "the model's server returned an invalid response");
}
