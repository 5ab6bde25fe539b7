import { toError } from "../../../errors/thrown.js";
import { type BatchingTimes, type BatchState, idle, join, leave, step } from "./batching.js";
import type { Embedded, Generated, Generation, Inference } from "./inference.js";
import { promptTooLong } from "./inference.js";
import { promptText, simulatedDimensions, simulatedEmbedding, simulatedText, tokensOf } from "./simulated-text.js";

interface Speaker {
  readonly tokens: readonly string[];
  said: number;
  readonly say: (text: string) => void;
  readonly done: () => void;
}

/** The simulated engine in real time: steps the batching machine by the clock, and says a word for each token. */
export class SimulatedInference implements Inference {
  readonly dimensions = simulatedDimensions;
  #state: BatchState = idle;
  #next = 1;
  #stepping = false;
  #closed = false;
  readonly #speakers = new Map<number, Speaker>();

  constructor(
    private readonly times: BatchingTimes,
    private readonly context: number,
    readonly kind: Inference["kind"],
  ) {}

  async generate(generation: Generation, say: (text: string) => void, signal: AbortSignal): Promise<Generated> {
    const inputTokens = tokensOf(promptText(generation)).length;
    if (inputTokens >= this.context) throw promptTooLong(inputTokens, this.context, generation);
    const whole = beforeStop(simulatedText(generation), generation.stop);
    const all = tokensOf(whole);
    const room = Math.min(generation.maxTokens ?? Number.POSITIVE_INFINITY, this.context - inputTokens);
    const tokens = all.slice(0, room);
    if (tokens.length > 0) await this.#speak(inputTokens, tokens, say, signal);
    return { inputTokens, outputTokens: tokens.length, finish: tokens.length < all.length ? "length" : "stop" };
  }

  async embed(inputs: readonly string[], signal: AbortSignal): Promise<Embedded> {
    const inputTokens = inputs.reduce((sum, text) => sum + tokensOf(text).length, 0);
    // An embedding is all prefill: one step that says nothing.
    await this.#speak(inputTokens, [""], () => {}, signal);
    return { vectors: inputs.map((text) => simulatedEmbedding(text)), inputTokens };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #speak(
    inputTokens: number,
    tokens: readonly string[],
    say: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const id = this.#next;
    this.#next += 1;
    return new Promise<void>((resolve, reject) => {
      const left = (): void => {
        this.#speakers.delete(id);
        this.#state = leave(this.#state, id);
        reject(toError(signal.reason));
      };
      signal.addEventListener("abort", left, { once: true });
      const done = (): void => {
        signal.removeEventListener("abort", left);
        resolve();
      };
      this.#speakers.set(id, { tokens, said: 0, say, done });
      this.#state = join(this.#state, { id, inputTokens, outputTokens: tokens.length });
      if (!this.#stepping) {
        this.#stepping = true;
        this.#turn(performance.now());
      }
    });
  }

  /** One step, told when its time is over. Timers are late: the next step begins where this one should have ended. */
  #turn(began: number): void {
    const { state, ms, advanced, finished } = step(this.#state, this.times);
    if (advanced.length === 0 || this.#closed) {
      this.#stepping = false;
      return;
    }
    this.#state = state;
    const ends = Math.max(began + ms, performance.now() - ms);
    setTimeout(
      () => {
        for (const id of advanced) this.#advance(id);
        for (const id of finished) this.#finish(id);
        this.#turn(ends);
      },
      Math.max(0, ends - performance.now()),
    );
  }

  #advance(id: number): void {
    const speaker = this.#speakers.get(id);
    const token = speaker?.tokens[speaker.said];
    if (speaker === undefined || token === undefined) return;
    speaker.said += 1;
    if (token !== "") speaker.say(token);
  }

  #finish(id: number): void {
    const speaker = this.#speakers.get(id);
    this.#speakers.delete(id);
    speaker?.done();
  }
}

function beforeStop(text: string, stops: readonly string[]): string {
  const ends = stops.filter((stop) => stop !== "").map((stop) => text.indexOf(stop));
  const first = Math.min(...ends.filter((at) => at >= 0));
  return Number.isFinite(first) ? text.slice(0, first) : text;
}
