import { z } from "zod";
import { type ChatRequest, chat, embed, type Message } from "../../api/chat.js";
import { ApiError } from "../../api/client.js";
import { onTabCleared, readTab, writeTab } from "../../api/tab-storage.js";

/** Latency and token rate of one answer. Times in milliseconds. */
const speed = z.object({
  /** From the request to the first text. */
  firstToken: z.number(),
  tokens: z.number(),
  /** True for the platform's count; false for the number of stream events (while streaming, or after a stop). */
  counted: z.boolean(),
  tokensPerSecond: z.number(),
  total: z.number(),
});

export type Speed = z.infer<typeof speed>;

/** A vector, and how similar its text is to the one before it: the cosine of the angle between the vectors. */
const embedded = z.object({
  dimensions: z.number(),
  inputTokens: z.number(),
  total: z.number(),
  similarity: z.number().optional(),
});

const turn = z.object({
  id: z.number(),
  role: z.enum(["user", "assistant"]),
  content: z.string(),
  state: z.enum(["done", "waiting", "streaming", "stopped", "failed"]),
  model: z.string().optional(),
  speed: speed.optional(),
  embedded: embedded.optional(),
  /** Why it failed. */
  error: z.string().optional(),
});

export type Turn = z.infer<typeof turn>;

const NAME = "conversation";
/** Longer conversations are kept in memory only from their last turns on; a tab stores about 5 MB. */
const MAX_STORED_TURNS = 100;
const SHOWN_VALUES = 8;

/**
 * The conversation of the playground. It is outside the page, so that an answer goes on while another page is shown, and it
 * is stored for this tab, so that it survives a reload. An answer that a reload interrupts is stopped.
 */
class Conversation {
  #turns: readonly Turn[] = restored();
  #abort: AbortController | undefined;
  #lastVector: readonly number[] | undefined;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The turns; another array after each change. */
  readonly turns = (): readonly Turn[] => this.#turns;

  stop(): void {
    this.#abort?.abort();
  }

  clear(): void {
    this.stop();
    this.#lastVector = undefined;
    this.#set([]);
    this.#store();
  }

  /** Sends a message to a chat model and streams its answer. */
  async send(text: string, system: string, request: Omit<ChatRequest, "messages">): Promise<void> {
    const history = this.#turns.filter(({ content, embedded: vector }) => content !== "" && vector === undefined);
    await this.#answer(text, request.model, async (answer, signal) => {
      const messages: Message[] = [
        ...(system.trim() === "" ? [] : [{ role: "system" as const, content: system.trim() }]),
        ...history.map(({ role, content }) => ({ role, content })),
        { role: "user", content: text },
      ];
      const clock = new Stopwatch();
      let content = "";
      try {
        for await (const event of chat({ ...request, messages }, signal)) {
          if (event.kind === "usage") clock.counted = event.outputTokens;
          if (event.kind !== "text") continue;
          clock.event();
          content += event.text;
          this.#change(answer, { content, state: "streaming", speed: clock.speed() });
        }
      } finally {
        if (clock.started) this.#change(answer, { speed: clock.speed() });
      }
    });
  }

  /** Embeds a text, and compares it with the text that was embedded before it. */
  async embed(text: string, model: string): Promise<void> {
    await this.#answer(text, model, async (answer, signal) => {
      const started = performance.now();
      const { vector, inputTokens } = await embed(model, text, signal);
      const similarity = this.#lastVector && cosine(this.#lastVector, vector);
      this.#lastVector = vector;
      const values = vector.slice(0, SHOWN_VALUES).map((value) => value.toFixed(4));
      this.#change(answer, {
        content: `[${values.join(", ")}${vector.length > SHOWN_VALUES ? ", …" : ""}]`,
        embedded: {
          dimensions: vector.length,
          inputTokens,
          total: performance.now() - started,
          ...(similarity === undefined ? {} : { similarity }),
        },
      });
    });
  }

  async #answer(
    text: string,
    model: string,
    work: (answer: number, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const controller = new AbortController();
    this.#abort = controller;
    const id = (this.#turns.at(-1)?.id ?? -1) + 1;
    const answer = id + 1;
    this.#set([
      ...this.#turns,
      { id, role: "user", content: text, state: "done" },
      { id: answer, role: "assistant", content: "", state: "waiting", model },
    ]);
    this.#store();
    try {
      await work(answer, controller.signal);
      // A stop can come when the whole answer has arrived but is not yet shown.
      this.#change(answer, { state: controller.signal.aborted ? "stopped" : "done" });
    } catch (error) {
      if (controller.signal.aborted) this.#change(answer, { state: "stopped" });
      else this.#change(answer, { state: "failed", error: reasonOf(error) });
    } finally {
      if (this.#abort === controller) this.#abort = undefined;
      this.#store();
    }
  }

  #change(id: number, patch: Partial<Turn>): void {
    this.#set(this.#turns.map((each) => (each.id === id ? { ...each, ...patch } : each)));
  }

  #set(turns: readonly Turn[]): void {
    this.#turns = turns;
    for (const listener of this.#listeners) listener();
  }

  #store(): void {
    writeTab(NAME, this.#turns.length === 0 ? undefined : this.#turns.slice(-MAX_STORED_TURNS));
  }
}

function restored(): readonly Turn[] {
  return (readTab(NAME, z.array(turn)) ?? []).map((each) =>
    each.state === "waiting" || each.state === "streaming" ? { ...each, state: "stopped" as const } : each,
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiError) return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}

/** Measures one answer. */
class Stopwatch {
  readonly #start = performance.now();
  #first: number | undefined;
  #events = 0;
  counted: number | undefined;

  get started(): boolean {
    return this.#first !== undefined;
  }

  event(): void {
    this.#first ??= performance.now();
    this.#events++;
  }

  speed(): Speed {
    const now = performance.now();
    const first = this.#first ?? now;
    const tokens = this.counted ?? this.#events;
    // The time to the first token is prefill; the rate covers the tokens after it.
    const streamingMs = Math.max(1, now - first);
    return {
      firstToken: first - this.#start,
      tokens,
      counted: this.counted !== undefined,
      tokensPerSecond: tokens > 1 ? ((tokens - 1) / streamingMs) * 1000 : 0,
      total: now - this.#start,
    };
  }
}

/** The cosine similarity of two vectors of one model, from −1 to 1; undefined for vectors of different models. */
function cosine(a: readonly number[], b: readonly number[]): number | undefined {
  if (a.length !== b.length) return undefined;
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  const length = Math.sqrt(dot(a, a) * dot(b, b));
  return length === 0 ? undefined : dot(a, b) / length;
}

export const conversation = new Conversation();
onTabCleared(() => conversation.clear());
