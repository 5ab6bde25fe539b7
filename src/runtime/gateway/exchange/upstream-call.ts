import type { Dispatcher } from "undici";
import { toError } from "../../../errors/thrown.js";
import { isBuiltIn } from "../../engine/client.js";
import { type Trace, traceparent } from "../../kernel/trace.js";
import { type Headers, UpstreamResponse } from "../response/upstream-response.js";
import { type Result, resultOfError } from "../routing/health.js";
import type { ModelRoute } from "../routing/model-route.js";
import type { RoutedTarget } from "../routing/target.js";
import type { Call } from "../shape.js";

/** Receives the progress of an attempt. `onComplete`, `onUpstreamError` and `onBroken` exclude each other and come last. */
export interface UpstreamListener {
  /** Bytes for the client. Returns false if the client reads more slowly than they arrive: the call then pauses until `resume`. */
  onOutput(response: UpstreamResponse, bytes: Buffer): boolean;
  /** The response is complete; `before`: the part of a stream that arrived together with its end. */
  onComplete(response: UpstreamResponse, before: Buffer | undefined): void;
  /** The upstream returned an error status. */
  onUpstreamError(response: UpstreamResponse): void;
  /** The attempt ended without a complete response, or was cancelled. */
  onBroken(reason: string, result: Result): void;
}

/**
 * One attempt of a request at one upstream server, from its slot at the target to the last byte. It is the handler of its
 * own connection, so that an attempt allocates one object and a piece of a response none.
 */
export class UpstreamCall implements Dispatcher.DispatchHandler {
  readonly #startedAt = performance.now();
  #controller: Dispatcher.DispatchController | undefined;
  #response: UpstreamResponse | undefined;
  #cancelled = false;
  /** The listener has received the end. */
  #ended = false;
  /** When the head of the response arrived, as `performance.now()`; 0 until then. */
  respondedAt = 0;

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

  send(requestId: string, trace: Trace): void {
    const { upstreamModel, authorization, engine } = this.target.target;
    const headers = ["content-type", "application/json", "traceparent", traceparent(trace), "x-request-id", requestId];
    if (authorization !== undefined) headers.push("authorization", authorization);
    const path = this.target.basePath + this.call.path;
    const body = this.call.body(upstreamModel, isBuiltIn(engine));
    this.target.pool.dispatch({ path, method: "POST", headers, body }, this);
  }

  /** Aborts the call; `onBroken` follows. A call that waits for its connection is aborted as soon as it has one. */
  cancel(): void {
    this.#cancelled = true;
    this.#controller?.abort(new Error("the client disconnected"));
  }

  /** Aborts the call; the listener receives nothing more. */
  abandon(): void {
    this.#ended = true;
    this.cancel();
  }

  resume(): void {
    this.#controller?.resume();
  }

  /** Releases the slot at the target and records the result of the attempt. Must be called once. */
  release(result: Result): void {
    const now = Date.now();
    const firstByteMs = this.respondedAt === 0 ? undefined : this.respondedAt - this.#startedAt;
    this.target.health.record(result, now, performance.now() - this.#startedAt, firstByteMs);
    this.route.release(this.target, now);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#cancelled) this.cancel();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#response = new UpstreamResponse(status, headers, this.call);
    this.respondedAt = performance.now();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended || this.#response === undefined) return;
    try {
      if (this.#response.take(chunk) === "later") process.nextTick(passOn, this);
    } catch (error) {
      controller.abort(toError(error));
    }
  }

  /** Passes on the bytes that have arrived since the last call. */
  passOn(): void {
    const response = this.#response;
    if (response === undefined || this.#ended) return;
    const bytes = response.passOn();
    if (response.shape?.complete) {
      this.#ended = true;
      this.listener.onComplete(response, bytes);
    } else if (bytes !== undefined && !this.listener.onOutput(response, bytes)) this.#controller?.pause();
  }

  onResponseEnd(): void {
    this.passOn();
    const response = this.#response;
    if (this.#ended || response === undefined) return;
    this.#ended = true;
    if (response.result !== "succeeded") this.listener.onUpstreamError(response);
    else if (response.shape !== undefined) this.listener.onBroken("its stream ended early", "connection-lost");
    else this.listener.onComplete(response, undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.passOn();
    if (this.#ended) return;
    this.#ended = true;
    this.listener.onBroken(error.message || error.name, resultOfError(error));
  }
}

function passOn(call: UpstreamCall): void {
  call.passOn();
}
