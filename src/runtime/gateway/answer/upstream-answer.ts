import type { Dispatcher } from "undici";
import type { Call, Counted, StreamShape } from "../shape.js";
import { BYTES_PER_TOKEN } from "../token-estimate.js";
import { KeptAnswer } from "./kept.js";
import { countedIn } from "./usage-field.js";

export type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

/** A whole answer is kept until its usage is durable; one larger than this goes out as it comes, but for its end. */
const keptWhole = 1024 * 1024;
/** An answer that must be translated is kept whole up to this. */
const translatedWhole = 64 * 1024 * 1024;
/** No error message is longer; what comes beyond it is dropped. */
const errorKept = 64 * 1024;

/** What has come of an upstream's answer, and what of it may go on to the client. One for each call of an upstream. */
export class UpstreamAnswer {
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly #shape: StreamShape | undefined;
  readonly #kept = new KeptAnswer();
  #inbox: Buffer[] = [];

  constructor(
    readonly status: number,
    headers: Headers,
    private readonly call: Call,
  ) {
    const type = headers["content-type"];
    const upstreamType = typeof type === "string" ? type : "application/json";
    const streams = status === 200 && call.stream && upstreamType.startsWith("text/event-stream");
    this.#shape = streams ? call.streamShape() : undefined;
    this.contentType = this.#shape?.contentType ?? upstreamType;
    const retryAfter = headers["retry-after"];
    this.retryAfter = typeof retryAfter === "string" ? retryAfter : undefined;
  }

  /** Undefined while the answer is one document and no stream. */
  get shape(): StreamShape | undefined {
    return this.#shape;
  }

  /**
   * Takes a piece. `later`: `passOn` should be called soon; a server's pieces often come many in one packet, and are then
   * looked at, and go on, as one. Throws when a document that must be translated grows beyond all reason.
   */
  take(chunk: Buffer): "kept" | "later" {
    if (this.#shape !== undefined) {
      this.#inbox.push(chunk);
      return this.#inbox.length === 1 ? "later" : "kept";
    }
    if (this.status !== 200) {
      if (this.#kept.size < errorKept) this.#kept.add(chunk);
      return "kept";
    }
    this.#kept.add(chunk);
    if (this.#kept.size <= keptWhole) return "kept";
    if (this.call.api === "openai" && !this.call.stream) return "later";
    if (this.#kept.size > translatedWhole) throw new Error("the answer is too large to be translated");
    return "kept";
  }

  /** What may go to the client now. */
  passOn(): Buffer | undefined {
    if (this.#shape === undefined) {
      if (this.#kept.size <= keptWhole || this.call.api !== "openai" || this.call.stream) return undefined;
      const older = this.#kept.takeOlder();
      return older.length > 0 ? older : undefined;
    }
    const [first] = this.#inbox;
    if (first === undefined) return undefined;
    const chunk = this.#inbox.length === 1 ? first : Buffer.concat(this.#inbox);
    this.#inbox = [];
    return this.#shape.push(chunk);
  }

  /** What was kept of a document. */
  document(): Buffer {
    return this.#kept.take();
  }

  /** The tokens: as the upstream counted them, else by the size of what has come. */
  counted(document: Buffer | undefined): { readonly counted: Counted; readonly estimated: boolean } {
    const said = this.#shape?.counted ?? (document === undefined ? undefined : countedIn(document));
    if (said !== undefined) return { counted: said, estimated: false };
    const pieces = this.#shape?.pieces ?? Math.ceil(this.#kept.total / (4 * BYTES_PER_TOKEN));
    const outputTokens = this.call.operation === "embedding" ? 0 : pieces;
    return { counted: { inputTokens: this.call.inputEstimate, outputTokens }, estimated: true };
  }
}
