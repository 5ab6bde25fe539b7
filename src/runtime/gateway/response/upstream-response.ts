import type { Dispatcher } from "undici";
import { DEFAULT_CONTEXT_TOKENS } from "../../../plan/model/model.js";
import { notAnAnswer, type ResponseFailure } from "../failure.js";
import { OPERATIONS } from "../operations.js";
import { type Result, resultOfStatus } from "../routing/health.js";
import type { Call, Counted, StreamShape, Tokens } from "../shape.js";
import { estimateOutput } from "../token-estimate.js";
import { documentFailure, eventsOf, firstByte, startFailure } from "./document.js";
import { HeldResponse } from "./held-response.js";
import { UsageScan } from "./usage-field.js";

export type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

/** A document up to this size is held until its usage is durable; a larger one is sent as it arrives, except its end. */
const MAX_HELD_BYTES = 1024 * 1024;
/** Maximum size of a document that is converted to another API or to a stream. */
const MAX_CONVERTED_BYTES = 64 * 1024 * 1024;
/** Maximum size of an error document; the rest is discarded. */
const MAX_ERROR_BYTES = 64 * 1024;
/** Maximum size of what precedes an answer: white space and comments, with which a server keeps a connection open. */
const MAX_PREAMBLE_BYTES = 64 * 1024;
/** The largest count of tokens that is believed if the context of the model is not known. */
const MAX_TOKENS = 100_000_000;
/** Comments before the first event are held for this time, so that a failure can still be retried. */
const HOLD_COMMENTS_MS = 10_000;

const EMPTY = Buffer.alloc(0);
const OPEN_BRACE = 0x7b;
const LESS_THAN = 0x3c;
const BYTE_ORDER_MARK = 0xef;

/**
 * The response of an upstream so far, and the part of it that may be sent to the client. One for each attempt. Its form is decided
 * by its contents and not by its `content-type`, which servers send wrongly.
 */
export class UpstreamResponse {
  readonly retryAfter: string | undefined;
  /** Where a redirect leads. */
  readonly location: string | undefined;
  /** Why a response with status 200 is no answer. */
  failure: ResponseFailure | undefined;
  /** Anything that the model has generated has arrived. */
  hasContent = false;
  readonly #result: Result;
  readonly #startedAt = performance.now();
  #form: "undecided" | "stream" | "document" | "error";
  #shape: StreamShape | undefined;
  readonly #held = new HeldResponse();
  #inbox: Buffer[] = [];
  /** Bytes of white space before the answer. */
  #space = 0;
  /** Pieces of a document that are more than white space, and how many of them `takeContent` has reported. */
  #pieces = 0;
  #seenPieces = 0;
  /** Comments of a stream that precede its first event. */
  #comments: Buffer | undefined;
  /** Counts in the part of a large document that was sent. */
  #usage: UsageScan | undefined;
  #document: Buffer | undefined;
  /** The last part of a document, which its output is estimated from. */
  #lastPart: Buffer = EMPTY;

  constructor(
    readonly status: number,
    headers: Headers,
    private readonly call: Call,
  ) {
    this.retryAfter = textOf(headers["retry-after"]);
    this.location = textOf(headers["location"]);
    this.#result = resultOfStatus(status, this.retryAfter !== undefined);
    this.#form = this.#result !== "succeeded" ? "error" : call.stream ? "undecided" : "document";
  }

  /** The result of the attempt if the response is received to its end. */
  get result(): Result {
    return this.failure?.result ?? this.#result;
  }

  /** Undefined if the response is a single document. */
  get shape(): StreamShape | undefined {
    return this.#shape;
  }

  get contentType(): string {
    return this.#shape?.contentType ?? "application/json";
  }

  /** Whether content has arrived since the last call. Comments, white space and an event with only a role are none. */
  takeContent(): boolean {
    const pieces = this.#shape?.dataPieces ?? this.#pieces;
    const isNew = this.hasContent && pieces > this.#seenPieces;
    this.#seenPieces = pieces;
    return isNew;
  }

  /**
   * Adds a piece. `later`: the caller must call `passOn` soon. Several pieces often arrive in one packet; they are then scanned
   * and sent as one. Throws when a document that must be converted is too large.
   */
  take(chunk: Buffer): "held" | "later" {
    if (this.failure !== undefined) return "held";
    if (this.#form === "undecided") return this.#decide(chunk);
    if (this.#form === "stream") {
      this.#inbox.push(chunk);
      return this.#inbox.length === 1 ? "later" : "held";
    }
    if (this.#form === "error") {
      if (this.#held.size < MAX_ERROR_BYTES) this.#held.add(chunk);
      return "held";
    }
    if (firstByte(chunk) >= 0) {
      this.hasContent = true;
      this.#pieces += 1;
    } else if (!this.hasContent) return this.#skipSpace(chunk);
    this.#held.add(chunk);
    if (this.#held.size <= MAX_HELD_BYTES) return "held";
    if (this.#isPassedOn()) return "later";
    if (this.#held.size > MAX_CONVERTED_BYTES) throw new Error("the response is too large to be converted");
    return "held";
  }

  /** The bytes that may be sent to the client now; undefined for none. */
  passOn(): Buffer | undefined {
    if (this.#form === "stream") return this.#passOnStream();
    if (this.#form !== "document" || this.#held.size <= MAX_HELD_BYTES || !this.#isPassedOn()) return undefined;
    const older = this.#held.takeOlder();
    if (older.length === 0) return undefined;
    if (this.#usage === undefined) {
      this.failure = startFailure(older);
      if (this.failure !== undefined) return undefined;
      this.#usage = new UsageScan();
    }
    this.#usage.push(older);
    return older;
  }

  /**
   * The upstream has sent everything. Afterwards `failure` is set, or the response is an answer: an incomplete one if `complete` is
   * false. Returns the part of a stream that arrived together with its end.
   */
  end(): Buffer | undefined {
    switch (this.#form) {
      case "error":
        return undefined;
      case "undecided":
        this.failure = notAnAnswer("an empty body with status 200");
        return undefined;
      case "stream": {
        const rest = this.#shape?.finish();
        this.#checkStream();
        if (!this.#shape?.hasEvents) this.failure ??= notAnAnswer("a stream without an answer");
        return rest;
      }
      case "document":
        return this.#endDocument();
    }
  }

  /** The response has arrived completely. A document is complete when the upstream has sent everything. */
  get complete(): boolean {
    return this.#shape === undefined ? this.#document !== undefined : this.#shape.complete;
  }

  /** The end of a complete response, in the client's API. */
  last(counted: Counted): Buffer {
    return this.#shape?.tail(counted) ?? this.#document ?? EMPTY;
  }

  /** The start of the body of an error, without removing it. */
  peekError(): string {
    return this.#held.peek();
  }

  /** The body of an error. */
  errorBody(): Buffer {
    return this.#held.take();
  }

  /**
   * The tokens: as the upstream counted them, else estimated. A model reads and generates no more than its `context` for each input, and
   * generates no more than the request permits (where the context is not declared, the default one bounds what is estimated by size); the pieces of a stream were in fact received. A count above that is not believed: it
   * would be billed.
   */
  counted(context: number | undefined): Tokens {
    const { inputs, choices } = this.call;
    const limit = Math.min(MAX_TOKENS, (context ?? MAX_TOKENS) * inputs);
    const count = this.#shape === undefined ? this.#usage?.counted : this.#shape.counted;
    const isBelieved =
      count !== undefined && count.inputTokens <= limit && count.outputTokens <= Math.min(MAX_TOKENS, limit * choices);
    const input = Math.min(this.call.inputEstimate, limit);
    // Zero tokens are no count of a prompt or an answer that are there: some servers send zeros in place of counts.
    const inputTokens = (isBelieved && count.inputTokens) || input;
    const outputTokens = (isBelieved && count.outputTokens) || this.#outputEstimate(context);
    const estimated = !isBelieved || inputTokens !== count.inputTokens || outputTokens !== count.outputTokens;
    return { counted: { inputTokens, outputTokens }, estimated };
  }

  #outputEstimate(context: number | undefined): number {
    const { generates } = OPERATIONS[this.call.operation];
    if (!generates) return 0;
    const { inputs, maxOutputTokens } = this.call;
    const output =
      this.#shape?.outputEstimate ??
      Math.min(estimateOutput(this.#lastPart, this.#held.total), (context ?? DEFAULT_CONTEXT_TOKENS) * inputs);
    return Math.min(output, maxOutputTokens ?? output);
  }

  #decide(chunk: Buffer): "held" | "later" {
    // A byte order mark may be cut.
    const start = this.#inbox.length === 0 ? chunk : Buffer.concat([...this.#inbox, chunk]);
    this.#inbox = [];
    const first = firstByte(start);
    if (first < 0) return this.#skipSpace(start);
    if (start[0] === BYTE_ORDER_MARK && start.length < 3) {
      this.#inbox.push(start);
      return "held";
    }
    const isDocument = start[first] === OPEN_BRACE || start[first] === LESS_THAN;
    this.#form = isDocument ? "document" : "stream";
    if (!isDocument) this.#shape = this.call.streamShape();
    return this.take(start.subarray(first));
  }

  /** White space before an answer means nothing and is not kept. */
  #skipSpace(chunk: Buffer): "held" | "later" {
    this.#space += chunk.length;
    if (this.#space <= MAX_PREAMBLE_BYTES) return "held";
    this.failure = notAnAnswer(`${this.#space} bytes of white space before an answer`);
    return "later";
  }

  #passOnStream(): Buffer | undefined {
    const [first] = this.#inbox;
    if (first === undefined) return undefined;
    const chunk = this.#inbox.length === 1 ? first : Buffer.concat(this.#inbox);
    this.#inbox = [];
    const bytes = this.#shape?.push(chunk);
    if (!this.hasContent) this.hasContent = this.#shape?.hasContent ?? false;
    this.#checkStream();
    if (this.#shape?.hasEvents || this.#shape?.complete) {
      const comments = this.#comments;
      if (comments === undefined) return bytes;
      this.#comments = undefined;
      return bytes === undefined ? comments : Buffer.concat([comments, bytes]);
    }
    if (bytes === undefined) return undefined;
    const held = this.#comments === undefined ? bytes : Buffer.concat([this.#comments, bytes]);
    if (held.length > MAX_PREAMBLE_BYTES) {
      this.failure = notAnAnswer(`${held.length} bytes of comments before an answer`);
      return undefined;
    }
    const isLong = performance.now() - this.#startedAt >= HOLD_COMMENTS_MS;
    this.#comments = isLong ? undefined : held;
    return isLong ? held : undefined;
  }

  #checkStream(): void {
    const shape = this.#shape;
    if (shape?.failure !== undefined) this.failure = shape.failure;
    else if (shape?.complete && !shape.hasEvents) this.failure = notAnAnswer("a stream without an answer");
  }

  #endDocument(): Buffer | undefined {
    const body = this.#held.take();
    if (this.#usage === undefined) this.failure = documentFailure(this.call.operation, body);
    if (this.failure !== undefined) return undefined;
    if (this.call.stream) return this.#endAsStream(body);
    this.#usage ??= new UsageScan();
    this.#usage.push(body);
    this.#lastPart = body;
    const converted = this.call.convertDocument(body);
    if (Buffer.isBuffer(converted)) this.#document = converted;
    else this.failure = converted;
    return undefined;
  }

  /** The server has sent a document although a stream was requested: the client receives it as a stream of one piece. */
  #endAsStream(body: Buffer): Buffer | undefined {
    const events = eventsOf(body);
    const shape = this.call.streamShape();
    const bytes = events === undefined ? undefined : shape.push(events);
    this.failure = events === undefined ? notAnAnswer("an invalid JSON document") : shape.failure;
    this.#shape = shape;
    return bytes;
  }

  /** Whether a large document is sent as it arrives. */
  #isPassedOn(): boolean {
    return this.call.api === "openai" && !this.call.stream;
  }
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === "string" ? header : header?.[0];
}
