import type { Dispatcher } from "undici";
import { OPERATIONS } from "../operations.js";
import { type Result, resultOfStatus } from "../routing/health.js";
import type { Call, Counted, StreamShape } from "../shape.js";
import { BYTES_PER_TOKEN } from "../token-estimate.js";
import { HeldResponse } from "./held-response.js";
import { countedIn } from "./usage-field.js";

export type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

/** A document up to this size is held until its usage is durable; a larger one is sent as it arrives, except its end. */
const MAX_HELD_BYTES = 1024 * 1024;
/** Maximum size of a document that is converted to another API. */
const MAX_CONVERTED_BYTES = 64 * 1024 * 1024;
/** Maximum size of an error document; the rest is discarded. */
const MAX_ERROR_BYTES = 64 * 1024;

/** The response of an upstream so far, and the part of it that may be sent to the client. One for each attempt. */
export class UpstreamResponse {
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** The result of the attempt if the response is received to its end. */
  readonly result: Result;
  readonly #shape: StreamShape | undefined;
  readonly #held = new HeldResponse();
  #inbox: Buffer[] = [];

  constructor(
    readonly status: number,
    headers: Headers,
    private readonly call: Call,
  ) {
    const type = headers["content-type"];
    const upstreamType = typeof type === "string" ? type : "application/json";
    const retryAfter = headers["retry-after"];
    this.retryAfter = typeof retryAfter === "string" ? retryAfter : undefined;
    this.result = resultOfStatus(status, this.retryAfter !== undefined);
    const streams = this.result === "succeeded" && call.stream && upstreamType.startsWith("text/event-stream");
    this.#shape = streams ? call.streamShape() : undefined;
    this.contentType = this.#shape?.contentType ?? upstreamType;
  }

  /** Undefined if the response is a single document. */
  get shape(): StreamShape | undefined {
    return this.#shape;
  }

  /**
   * Adds a piece. `later`: the caller must call `passOn` soon. Several pieces often arrive in one packet; they are then scanned
   * and sent as one. Throws when a document that must be converted is too large.
   */
  take(chunk: Buffer): "held" | "later" {
    if (this.#shape !== undefined) {
      this.#inbox.push(chunk);
      return this.#inbox.length === 1 ? "later" : "held";
    }
    if (this.result !== "succeeded") {
      if (this.#held.size < MAX_ERROR_BYTES) this.#held.add(chunk);
      return "held";
    }
    this.#held.add(chunk);
    if (this.#held.size <= MAX_HELD_BYTES) return "held";
    if (this.call.api === "openai" && !this.call.stream) return "later";
    if (this.#held.size > MAX_CONVERTED_BYTES) throw new Error("the response is too large to be converted");
    return "held";
  }

  /** The bytes that may be sent to the client now; undefined for none. */
  passOn(): Buffer | undefined {
    if (this.#shape === undefined) {
      if (this.#held.size <= MAX_HELD_BYTES || this.call.api !== "openai" || this.call.stream) return undefined;
      const older = this.#held.takeOlder();
      return older.length > 0 ? older : undefined;
    }
    const [first] = this.#inbox;
    if (first === undefined) return undefined;
    const chunk = this.#inbox.length === 1 ? first : Buffer.concat(this.#inbox);
    this.#inbox = [];
    return this.#shape.push(chunk);
  }

  /** The held part of a document. */
  document(): Buffer {
    return this.#held.take();
  }

  /** The tokens: as the upstream counted them, else estimated from the size of the response. */
  counted(document: Buffer | undefined): { readonly counted: Counted; readonly estimated: boolean } {
    const count = this.#shape?.counted ?? (document === undefined ? undefined : countedIn(document));
    if (count !== undefined) return { counted: count, estimated: false };
    const pieces = this.#shape?.pieces ?? Math.ceil(this.#held.total / (4 * BYTES_PER_TOKEN));
    const outputTokens = OPERATIONS[this.call.operation].generates ? pieces : 0;
    return { counted: { inputTokens: this.call.inputEstimate, outputTokens }, estimated: true };
  }
}
