import type { Dispatcher } from "undici";
import { toError } from "../../../errors/thrown.js";
import { isBuiltIn } from "../../engine/client.js";
import { type Trace, traceparent } from "../../kernel/trace.js";
import { type Headers, UpstreamAnswer } from "../answer/upstream-answer.js";
import { type Result, resultOfError } from "../routing/health.js";
import type { ModelRoute } from "../routing/model-route.js";
import type { RoutedTarget } from "../routing/target.js";
import type { Call } from "../shape.js";

/** Receives the progress of an attempt. `onComplete`, `onUpstreamError` and `onBroken` exclude each other and come last. */
export interface UpstreamListener {
  /** Bytes for the client. Returns false when it reads more slowly than they arrive: the call pauses until `resume`. */
  onOutput(answer: UpstreamAnswer, bytes: Buffer): boolean;
  /** The answer is complete; `before`: the part of a stream that arrived together with its end. */
  onComplete(answer: UpstreamAnswer, before: Buffer | undefined): void;
  /** The upstream answered with an error status. */
  onUpstreamError(answer: UpstreamAnswer): void;
  /** The attempt ended without a complete answer, or was cancelled. */
  onBroken(reason: string, result: Result): void;
}

/**
 * One attempt of a request at one upstream server, from its place at the target to the last byte. It is the handler of its
 * own connection, so that an attempt allocates one object and a piece of an answer none.
 */
export class UpstreamCall implements Dispatcher.DispatchHandler {
  readonly #startedAt = performance.now();
  #controller: Dispatcher.DispatchController | undefined;
  #answer: UpstreamAnswer | undefined;
  #cancelled = false;
  /** The listener has received the end. */
  #ended = false;
  /** When the head of the answer arrived, as `performance.now()`; 0 until then. */
  answeredAt = 0;

  constructor(
    private readonly route: ModelRoute,
    private readonly target: RoutedTarget,
    private readonly call: Call,
    private readonly listener: UpstreamListener,
  ) {}

  /** What has arrived so far; undefined before the head of the answer. */
  get answer(): UpstreamAnswer | undefined {
    return this.#answer;
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

  /** Gives the place at the target back and records the result of the attempt. To be called once. */
  release(result: Result): void {
    const now = Date.now();
    const firstByteMs = this.answeredAt === 0 ? undefined : this.answeredAt - this.#startedAt;
    this.target.health.record(result, now, performance.now() - this.#startedAt, firstByteMs);
    this.route.release(this.target, now);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#cancelled) this.cancel();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#answer = new UpstreamAnswer(status, headers, this.call);
    this.answeredAt = performance.now();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended || this.#answer === undefined) return;
    try {
      if (this.#answer.take(chunk) === "later") process.nextTick(passOn, this);
    } catch (error) {
      controller.abort(toError(error));
    }
  }

  /** Passes on what has arrived since the last time. */
  passOn(): void {
    const answer = this.#answer;
    if (answer === undefined || this.#ended) return;
    const bytes = answer.passOn();
    if (answer.shape?.complete) {
      this.#ended = true;
      this.listener.onComplete(answer, bytes);
    } else if (bytes !== undefined && !this.listener.onOutput(answer, bytes)) this.#controller?.pause();
  }

  onResponseEnd(): void {
    this.passOn();
    const answer = this.#answer;
    if (this.#ended || answer === undefined) return;
    this.#ended = true;
    if (answer.status >= 400) this.listener.onUpstreamError(answer);
    else if (answer.shape !== undefined) this.listener.onBroken("its stream ended too early", "connection-lost");
    else this.listener.onComplete(answer, undefined);
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
