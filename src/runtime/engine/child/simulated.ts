import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { toError } from "../../../errors/thrown.js";
import { type BatchingTimes, type BatchState, idle, join, leave, step } from "./batching.js";
import type { Embedded, Generated, Generation, Inference, Input, Piece } from "./inference.js";
import { inputTooLong, requirePossibleSize } from "./inference.js";
import type { ChildConfig } from "./protocol.js";
import { simulatedCalls } from "./simulated-calls.js";
import {
  inputTokensOf,
  promptTokens,
  SIMULATED_DIMENSIONS,
  simulatedEmbedding,
  simulatedText,
  tokensOf,
} from "./simulated-text.js";

/** Embeddings of a long list are computed in turns of this time, so that other requests do not wait for all of them. */
const MAX_TURN_MS = 10;

interface Output {
  readonly tokens: readonly string[];
  emitted: number;
  readonly emit: (token: string) => void;
  readonly done: () => void;
}

/** The simulated engine in real time: steps the batching model by the clock and emits one word per token. */
export class SimulatedInference implements Inference {
  readonly dimensions = SIMULATED_DIMENSIONS;
  #state: BatchState = idle;
  #next = 1;
  #stepping = false;
  #closed = false;
  readonly #outputs = new Map<number, Output>();

  readonly simulated = true;
  readonly kind: Inference["kind"];
  private readonly times: BatchingTimes;
  private readonly context: number;

  constructor(private readonly config: Extract<ChildConfig, { engine: "simulated" }>) {
    this.times = config.times;
    this.context = config.context;
    this.kind = config.embeddings ? "embeddings" : "text";
  }

  requirePrompt(input: Input): void {
    const tokens = inputTokensOf(input, this.context);
    if (tokens >= this.context) throw inputTooLong(tokens, this.context, "prompt");
  }

  async generate(generation: Generation, emit: (piece: Piece) => void, signal: AbortSignal): Promise<Generated> {
    requirePossibleSize(generation, this.context);
    const inputTokens = promptTokens(generation, this.context);
    const field = generation.prompt.kind === "messages" ? "messages" : "prompt";
    if (inputTokens >= this.context) throw inputTooLong(inputTokens, this.context, field);
    const calls = simulatedCalls(generation);
    if (calls.length > 0) return this.#call(inputTokens, calls, emit, signal);
    const text = beforeStop(simulatedText(generation, inputTokens, this.config.substitute), generation.stop);
    const all = tokensOf(text);
    const room = Math.min(generation.maxTokens ?? Number.POSITIVE_INFINITY, this.context - inputTokens);
    const tokens = all.slice(0, room);
    if (tokens.length > 0) await this.#emit(inputTokens, tokens, (text) => emit({ kind: "text", text }), signal);
    return { inputTokens, outputTokens: tokens.length, finish: tokens.length < all.length ? "length" : "stop" };
  }

  /** Calls take the time of their tokens. They are sent when they are complete. */
  async #call(
    inputTokens: number,
    calls: readonly Piece[],
    emit: (piece: Piece) => void,
    signal: AbortSignal,
  ): Promise<Generated> {
    const tokens = calls.flatMap((call) => tokensOf(JSON.stringify(call)));
    await this.#emit(inputTokens, tokens, () => {}, signal);
    for (const call of calls) emit(call);
    return { inputTokens, outputTokens: tokens.length, finish: "tool_calls" };
  }

  async embed(inputs: readonly Input[], signal: AbortSignal): Promise<Embedded> {
    const lengths = inputs.map((input) => inputTokensOf(input, this.context));
    const longest = Math.max(...lengths);
    if (longest > this.context) throw inputTooLong(longest, this.context, "input");
    const vectors: (readonly number[])[] = [];
    let inputTokens = 0;
    let unprocessed = 0;
    let turnAt = performance.now();
    for (const [index, input] of inputs.entries()) {
      const tokens = lengths[index] ?? 0;
      // An embedding consists of prefill only: one step without output for as many inputs as the context has room for.
      if (unprocessed + tokens > this.context) {
        await this.#emit(unprocessed, [""], () => {}, signal);
        unprocessed = 0;
      }
      unprocessed += tokens;
      inputTokens += tokens;
      vectors.push(simulatedEmbedding(input));
      if (performance.now() - turnAt < MAX_TURN_MS) continue;
      await turnOfTheLoop();
      turnAt = performance.now();
    }
    await this.#emit(unprocessed, [""], () => {}, signal);
    return { vectors, inputTokens };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #emit(
    inputTokens: number,
    tokens: readonly string[],
    emit: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const id = this.#next;
    this.#next += 1;
    return new Promise<void>((resolve, reject) => {
      const cancel = (): void => {
        this.#outputs.delete(id);
        this.#state = leave(this.#state, id);
        reject(toError(signal.reason));
      };
      signal.addEventListener("abort", cancel, { once: true });
      const done = (): void => {
        signal.removeEventListener("abort", cancel);
        resolve();
      };
      this.#outputs.set(id, { tokens, emitted: 0, emit, done });
      this.#state = join(this.#state, { id, inputTokens, outputTokens: tokens.length });
      if (!this.#stepping) {
        this.#stepping = true;
        this.#runStep(performance.now());
      }
    });
  }

  /**
   * Runs one step and emits its output when its time is over. Timers fire late, so the next step starts at the time at which this one
   * was due to end.
   */
  #runStep(startedAt: number): void {
    const { state, ms, advanced, finished } = step(this.#state, this.times);
    if (advanced.length === 0 || this.#closed) {
      this.#stepping = false;
      return;
    }
    this.#state = state;
    const endsAt = Math.max(startedAt + ms, performance.now() - ms);
    setTimeout(
      () => {
        for (const id of advanced) this.#advance(id);
        for (const id of finished) this.#finish(id);
        this.#runStep(endsAt);
      },
      Math.max(0, endsAt - performance.now()),
    );
  }

  #advance(id: number): void {
    const output = this.#outputs.get(id);
    const token = output?.tokens[output.emitted];
    if (output === undefined || token === undefined) return;
    output.emitted += 1;
    if (token !== "") output.emit(token);
  }

  #finish(id: number): void {
    const output = this.#outputs.get(id);
    this.#outputs.delete(id);
    output?.done();
  }
}

function beforeStop(text: string, stops: readonly string[]): string {
  const ends = stops.filter((stop) => stop !== "").map((stop) => text.indexOf(stop));
  const first = Math.min(...ends.filter((at) => at >= 0));
  return Number.isFinite(first) ? text.slice(0, first) : text;
}
