import type { Dispatcher } from "undici";
import { toError } from "../../../errors/thrown.js";
import { isBuiltIn } from "../../engine/client.js";
import { type Trace, traceparent } from "../../kernel/trace.js";
import { BodyStream, bytesOf } from "../request/pieces.js";
import { codingsOf, Decoder, type DecoderListener } from "../response/decoder.js";
import { type Headers, UpstreamResponse } from "../response/upstream-response.js";
import { type Result, resultOfError } from "../routing/health.js";
import type { ModelRoute } from "../routing/model-route.js";
import type { RoutedTarget } from "../routing/target.js";
import type { Call } from "../shape.js";

/** Receives the progress of an attempt. `onComplete`, `onUpstreamError` and `onBroken` exclude each other and come last. */
export interface UpstreamListener {
  readonly requestId: string;
  readonly trace: Trace;
  /** Bytes for the client. Returns false if the client reads more slowly than they arrive: the call then pauses until `resume`. */
  onOutput(response: UpstreamResponse, bytes: Buffer): boolean;
  /** The response is complete; `before`: the part of a stream that arrived together with its end. */
  onComplete(response: UpstreamResponse, before: Buffer | undefined): void;
  /** The upstream returned an error status. */
  onUpstreamError(response: UpstreamResponse): void;
  /** The attempt ended without an answer, or was cancelled. `reason` completes "the server of MODEL …". */
  onBroken(reason: string, result: Result): void;
}

/** Between two pieces of a response, after its first content. */
const PIECE_TIMEOUT_MS = 120_000;

/** From sending a request to the end of its response: a server that sends a piece now and then must not hold a slot for ever. */
const MAX_RESPONSE_MS = 3_600_000;

/** Statuses of servers that refuse an unknown field: OpenAI and most others use 400, FastAPI 422. */
const REFUSED_FIELD: ReadonlySet<number> = new Set([400, 422]);
const USAGE_OPTION = /stream_options|include_usage/;

/**
 * One attempt of a request at one upstream server, from its slot at the target to the last byte. It is the handler of its
 * own connection, so that an attempt allocates one object and a piece of a response none.
 */
export class UpstreamCall implements Dispatcher.DispatchHandler, DecoderListener {
  readonly #startedAt = performance.now();
  #controller: Dispatcher.DispatchController | undefined;
  #response: UpstreamResponse | undefined;
  /** Of a compressed response. */
  #decoder: Decoder | undefined;
  /** Fires when no content arrives in time. */
  #timer: NodeJS.Timeout | undefined;
  #cancelled = false;
  /** When the newest content arrived, as `performance.now()`; 0 before the first. */
  #contentAt = 0;
  /** The client reads more slowly than the upstream sends. */
  #paused = false;
  /** The listener has received the end. */
  #ended = false;
  /** The request was sent without `stream_options`, because the server has just refused it. */
  #withoutUsageOption = false;
  /** When the head of the response arrived, as `performance.now()`; 0 until then. */
  #respondedAt = 0;
  /** When the first output of the model arrived, as `performance.now()`; 0 until then. Some servers send the head long before. */
  firstContentAt = 0;

  constructor(
    private readonly route: ModelRoute,
    private readonly target: RoutedTarget,
    private readonly call: Call,
    private readonly listener: UpstreamListener,
  ) {}

  /** The response so far; undefined before its head has arrived. */
  get response(): UpstreamResponse | undefined {
    return this.#response;
  }

  get isSimulated(): boolean {
    return this.target.target.engine === "simulated";
  }

  /** The key that is sent to the server. */
  get key(): string | undefined {
    return this.target.target.authorization?.replace(/^Bearer /, "");
  }

  send(): void {
    this.#timer = setTimeout(onTimer, Math.min(this.route.model.timeout, PIECE_TIMEOUT_MS), this);
    this.#dispatch(this.target.usageOption !== "refused");
  }

  #dispatch(usageOption: boolean): void {
    const { upstreamModel, authorization, engine } = this.target.target;
    const headers = [
      "content-type",
      "application/json",
      "accept-encoding",
      "identity",
      "traceparent",
      traceparent(this.listener.trace),
      "x-request-id",
      this.listener.requestId,
    ];
    if (authorization !== undefined) headers.push("authorization", authorization);
    const { prefix, query } = this.target.address;
    const path = prefix + this.call.path + query;
    const body = this.call.body({ model: upstreamModel, builtIn: isBuiltIn(engine), usageOption });
    if (Buffer.isBuffer(body)) this.target.pool.dispatch({ path, method: "POST", headers, body }, this);
    else {
      headers.push("content-length", String(bytesOf(body)));
      this.target.pool.dispatch({ path, method: "POST", headers, body: new BodyStream(body) }, this);
    }
  }

  /** Aborts the call; `onBroken` follows. A call that waits for its connection is aborted as soon as it has one. */
  cancel(): void {
    this.#cancelled = true;
    this.#controller?.abort(new Error("the client disconnected"));
    // All its bytes may have arrived, so that its connection reports no end.
    if (this.#decoder !== undefined) this.#fail("the client disconnected", "connection-lost");
  }

  /** Aborts the call; the listener receives nothing more. */
  abandon(): void {
    this.#ended = true;
    this.cancel();
  }

  resume(): void {
    this.#paused = false;
    this.#contentAt = performance.now();
    this.#decoder?.resume();
    this.#controller?.resume();
  }

  /** Releases the slot at the target and records the result of the attempt. Must be called once. */
  release(result: Result): void {
    clearTimeout(this.#timer);
    this.#decoder?.destroy();
    const now = Date.now();
    const firstByteMs = this.#respondedAt === 0 ? undefined : this.#respondedAt - this.#startedAt;
    this.target.health.record(result, now, performance.now() - this.#startedAt, firstByteMs);
    this.route.release(this.target, now);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#cancelled) this.cancel();
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#response = new UpstreamResponse(status, headers, this.call);
    this.#respondedAt = performance.now();
    const encoding = headers["content-encoding"];
    if (encoding === undefined) return;
    const codings = codingsOf(encoding);
    if (codings.length === 0) return;
    try {
      this.#decoder = new Decoder(codings, this);
    } catch (error) {
      this.#fail(toError(error).message, "invalid-response");
      controller.abort(toError(error));
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#decoder === undefined) this.onDecoded(chunk);
    else if (!this.#decoder.write(chunk)) controller.pause();
  }

  onDecoderDrained(): void {
    if (!this.#paused) this.#controller?.resume();
  }

  onDecoded(chunk: Buffer): void {
    const response = this.#response;
    if (this.#ended || response === undefined) return;
    try {
      if (response.take(chunk) === "later") process.nextTick(passOn, this);
    } catch (error) {
      this.#controller?.abort(toError(error));
    }
    if (response.shape === undefined && response.takeContent()) this.#contentArrived();
  }

  /** Passes on the bytes that have arrived since the last call. */
  passOn(): void {
    const response = this.#response;
    if (response === undefined || this.#ended) return;
    const bytes = response.passOn();
    if (response.takeContent()) this.#contentArrived();
    if (response.failure !== undefined) {
      if (bytes !== undefined) this.listener.onOutput(response, bytes);
      this.#fail(response.failure.reason, response.failure.result);
      this.#controller?.abort(new Error(response.failure.reason));
    } else if (response.shape?.complete) this.#complete(response, bytes);
    else if (bytes !== undefined && !this.listener.onOutput(response, bytes)) this.#pause();
  }

  onResponseEnd(): void {
    if (this.#decoder === undefined) this.onDecodedEnd();
    else this.#decoder.end();
  }

  onDecodedEnd(): void {
    this.passOn();
    const response = this.#response;
    if (this.#ended || response === undefined) return;
    if (response.result !== "succeeded") {
      this.#endWithStatus(response);
      return;
    }
    const before = response.end();
    const { failure } = response;
    if (failure === undefined && response.complete) {
      this.#complete(response, before);
      return;
    }
    if (before !== undefined) this.listener.onOutput(response, before);
    if (failure === undefined) this.#fail("ended its stream early", "connection-lost");
    else this.#fail(failure.reason, failure.result);
  }

  onUndecodable(error: Error): void {
    if (this.#ended) return;
    this.passOn();
    this.#fail(`sent an invalid compressed response: ${error.message}`, "invalid-response");
    this.#controller?.abort(error);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.passOn();
    const result = resultOfError(error, this.#controller !== undefined);
    const isEngine = result === "connection-lost" && isBuiltIn(this.target.target.engine);
    this.#fail(`failed: ${error.message || error.name}`, isEngine ? "engine-lost" : result);
  }

  /** Ends the attempt if no content has arrived in time. */
  onTimer(): void {
    const contentLimitMs = this.route.model.timeout;
    const started = this.#contentAt > 0;
    const limitMs = started ? PIECE_TIMEOUT_MS : contentLimitMs;
    const now = performance.now();
    if (now - this.#startedAt >= MAX_RESPONSE_MS) {
      this.#timeOut(`did not complete its response within ${MAX_RESPONSE_MS / 60_000} minutes`);
      return;
    }
    const leftMs = this.#paused ? PIECE_TIMEOUT_MS : (started ? this.#contentAt : this.#startedAt) + limitMs - now;
    if (leftMs > 0) {
      this.#timer = setTimeout(onTimer, Math.min(leftMs, this.#startedAt + MAX_RESPONSE_MS - now), this);
      return;
    }
    this.#timeOut(`sent ${started ? "nothing more" : "no content"} within ${Math.round(limitMs / 100) / 10} s`);
  }

  #timeOut(why: string): void {
    this.#fail(why, this.#controller === undefined ? "never-sent" : "timed-out");
    this.#cancelled = true;
    this.#controller?.abort(new Error(why));
  }

  #fail(reason: string, result: Result): void {
    if (this.#ended) return;
    this.#ended = true;
    this.listener.onBroken(reason, result);
  }

  #complete(response: UpstreamResponse, before: Buffer | undefined): void {
    if (this.call.addsUsageOption && !this.#withoutUsageOption && this.target.usageOption === "unknown")
      this.target.usageOption = "accepted";
    this.#ended = true;
    this.listener.onComplete(response, before);
  }

  /** The upstream has returned an error status. One that refuses what the gateway has added is asked again without that. */
  #endWithStatus(response: UpstreamResponse): void {
    const { target } = this;
    const adds = this.call.addsUsageOption && target.usageOption !== "refused" && !this.#withoutUsageOption;
    if (adds && REFUSED_FIELD.has(response.status) && !this.#cancelled) {
      const names = USAGE_OPTION.test(response.peekError());
      if (names) target.usageOption = "refused";
      if (names || target.usageOption === "unknown") {
        this.#withoutUsageOption = true;
        this.#response = undefined;
        this.#decoder = undefined;
        this.#controller = undefined;
        this.#respondedAt = 0;
        this.#dispatch(false);
        return;
      }
    }
    this.#ended = true;
    this.listener.onUpstreamError(response);
  }

  #contentArrived(): void {
    // The server has refused the request with the option and accepts it without.
    if (this.#contentAt === 0 && this.#withoutUsageOption && this.#response?.status === 200)
      this.target.usageOption = "refused";
    this.#contentAt = performance.now();
    if (this.firstContentAt === 0) this.firstContentAt = this.#contentAt;
  }

  #pause(): void {
    this.#paused = true;
    this.#decoder?.pause();
    this.#controller?.pause();
  }
}

function passOn(call: UpstreamCall): void {
  call.passOn();
}

function onTimer(call: UpstreamCall): void {
  call.onTimer();
}
