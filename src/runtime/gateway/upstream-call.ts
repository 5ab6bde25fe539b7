import type { Dispatcher } from "undici";
import { toError } from "../../errors/thrown.js";
import { isOwn } from "../engine/client.js";
import { type Trace, traceparent } from "../kernel/trace.js";
import { type Headers, UpstreamAnswer } from "./answer/upstream-answer.js";
import type { Call } from "./request/call.js";
import type { ModelRoute } from "./routing/model-route.js";
import type { RoutedTarget } from "./routing/target.js";
import { wasNeverSent } from "./upstream-error.js";

/** Told what comes of a call. `complete`, `refusedUpstream` and `broke` are each the last word of it. */
export interface Caller {
  /** Bytes for the client. False when it takes them more slowly than they come: the call pauses until `resume`. */
  arrived(answer: UpstreamAnswer, bytes: Buffer): boolean;
  /** The answer is whole; `before` is what came of a stream together with its end. */
  complete(answer: UpstreamAnswer, before: Buffer | undefined): void;
  /** The upstream has answered with an error. */
  refusedUpstream(answer: UpstreamAnswer): void;
  /** The connection failed, or was never made (`neverSent`), or the call was cancelled. */
  broke(reason: string, neverSent: boolean): void;
}

/** How a call speaks for its server. `not-begun`: it counts as an error, but leaves nothing out of the rotation. */
export type Outcome = "well" | "failed" | "not-begun";

/**
 * One call of one upstream server, from its place in the rotation to the last byte. A request makes another one for each
 * attempt. It is the handler of its own connection, so that an attempt makes one object and a piece of an answer none.
 */
export class UpstreamCall implements Dispatcher.DispatchHandler {
  readonly #began = performance.now();
  #controller: Dispatcher.DispatchController | undefined;
  #answer: UpstreamAnswer | undefined;
  #cancelled = false;
  /** The last word was said. */
  #over = false;
  #released = false;
  /** When the head of the answer came, as `performance.now()` says; 0 until then. */
  answeredAt = 0;

  constructor(
    private readonly route: ModelRoute,
    private readonly target: RoutedTarget,
    private readonly call: Call,
    private readonly caller: Caller,
  ) {}

  /** What has come so far; undefined before the head of the answer. */
  get answer(): UpstreamAnswer | undefined {
    return this.#answer;
  }

  send(requestId: string, trace: Trace): void {
    const { upstreamModel, authorization, engine } = this.target.target;
    const headers = ["content-type", "application/json", "traceparent", traceparent(trace), "x-request-id", requestId];
    if (authorization !== undefined) headers.push("authorization", authorization);
    const path = this.target.basePath + this.call.path;
    const body = this.call.body(upstreamModel, isOwn(engine));
    this.target.pool.dispatch({ path, method: "POST", headers, body }, this);
  }

  /** Ends the call early; `broke` tells when it has. A call that waits for its connection is ended as it gets one. */
  cancel(): void {
    this.#cancelled = true;
    this.#controller?.abort(new Error("the client left"));
  }

  /** Ends the call early; nothing more is told of it. */
  abandon(): void {
    this.#over = true;
    this.cancel();
  }

  resume(): void {
    this.#controller?.resume();
  }

  /** Gives the place at the server back, once. */
  release(outcome: Outcome): void {
    if (this.#released) return;
    this.#released = true;
    if (outcome === "not-begun") this.target.errors += 1;
    else if (outcome === "well") this.target.succeeded(performance.now() - this.#began);
    else this.target.failed(Date.now());
    this.route.release(this.target, Date.now());
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
    if (this.#over || this.#answer === undefined) return;
    try {
      if (this.#answer.take(chunk) === "later") process.nextTick(passOn, this);
    } catch (error) {
      controller.abort(toError(error));
    }
  }

  /** Passes on what has come since the last time. */
  passOn(): void {
    const answer = this.#answer;
    if (answer === undefined || this.#over) return;
    const bytes = answer.passOn();
    if (answer.shape?.complete) {
      this.#over = true;
      this.caller.complete(answer, bytes);
    } else if (bytes !== undefined && !this.caller.arrived(answer, bytes)) this.#controller?.pause();
  }

  onResponseEnd(): void {
    this.passOn();
    const answer = this.#answer;
    if (this.#over || answer === undefined) return;
    this.#over = true;
    if (answer.status >= 400) this.caller.refusedUpstream(answer);
    else if (answer.shape !== undefined) this.caller.broke("its stream ended too early", false);
    else this.caller.complete(answer, undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.passOn();
    if (this.#over) return;
    this.#over = true;
    this.caller.broke(error.message || error.name, wasNeverSent(error));
  }
}

function passOn(call: UpstreamCall): void {
  call.passOn();
}
