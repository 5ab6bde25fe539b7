import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { Dispatcher } from "undici";
import type { Principal } from "../accounts/client.js";
import { type Trace, traceOf, traceparent } from "../kernel/trace.js";
import type { Tracer } from "../kernel/tracing.js";
import { KeptAnswer } from "./answer/kept.js";
import type { Counted, StreamShape } from "./answer/shape.js";
import { countedIn } from "./answer/usage-field.js";
import type { CallMetrics, GatewayMetrics } from "./metrics.js";
import { type Problem, problem, problemBody, refuse } from "./problem.js";
import type { Bodies } from "./request/body.js";
import { bytesPerToken, type Call } from "./request/call.js";
import type { ModelRoute, Waiter as PlaceWaiter } from "./routing/model-route.js";
import type { Router } from "./routing/router.js";
import type { RoutedTarget } from "./routing/target.js";
import { messageIn, statusForClient, wasNeverSent } from "./upstream-error.js";
import type { Journal, Waiter as JournalWaiter } from "./usage/journal.js";

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2];

/** A whole answer is kept until its usage is durable; one larger than this goes out as it comes, but for its end. */
const keptWhole = 1024 * 1024;
/** An answer that must be translated is kept whole up to this. */
const translatedWhole = 64 * 1024 * 1024;
const checkpointEvery = 2_000;
/** Calls of upstreams that may have begun to work, for one request, the first one included. */
const mostAttempts = 3;
/** A client that takes nothing of its answer for so long is gone. */
const stalled = 60_000;
const nothing = Buffer.alloc(0);

/** What requests share. */
export interface Shared {
  readonly router: Router;
  readonly journal: Journal;
  readonly metrics: GatewayMetrics;
  readonly bodies: Bodies;
  readonly tracer: Tracer | undefined;
  readonly log: Logger;
}

/**
 * One request that was understood, from its place at a model to the last byte of its answer.
 *
 * It is the handler of its own upstream call and the waiter of its own place and log entries, so that a request makes no
 * closures on its way. Until the first byte has gone to the client everything may be tried again; from then on the answer
 * is complete, or ends as broken. The last byte goes out only after the usage is durable.
 */
export class Exchange implements Dispatcher.DispatchHandler, PlaceWaiter, JournalWaiter {
  tried = 0;
  waitUntil = 0;

  readonly #began = performance.now();
  readonly #at = Date.now();
  readonly #trace: Trace;
  #route: ModelRoute;
  #metrics: CallMetrics;
  #fallback = 0;
  #attempts = 0;
  #target: RoutedTarget | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #calledAt = 0;
  #phase: "placing" | "calling" | "settling" | "done" = "placing";
  #gone = false;
  #waiting = false;

  #intended = false;
  #intentDurable = false;

  #status = 0;
  #contentType = "application/json";
  #shape: StreamShape | undefined;
  readonly #kept = new KeptAnswer();
  /** What may go out once the intent is durable. */
  #early: Buffer | undefined;
  #sent = false;
  #firstByteMs = 0;
  #checkpointAt = 0;
  #ended = false;
  /** What goes out last, once the usage is durable. */
  #last: Buffer = nothing;

  constructor(
    private readonly shared: Shared,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    readonly id: string,
    private readonly principal: Principal,
    private readonly call: Call,
    route: ModelRoute,
    private readonly bodyBytes: number,
  ) {
    this.#trace = traceOf(request);
    this.#route = route;
    this.#metrics = shared.metrics.call(route.model.name, call.operation);
    response.on("close", () => this.#closed());
    response.on("drain", () => this.#drained());
  }

  start(): void {
    if (this.response.destroyed) this.#closed();
    else this.#place();
  }

  // ------------------------------------------------------------------------------------------------ a place

  #place(): void {
    const now = Date.now();
    const route = this.#route;
    if (this.#attempts === 0) route.began();
    if (!route.available(now) && this.#fallBack()) return;
    const target = route.take(this.tried, now);
    if (target !== undefined) {
      this.granted(target);
      return;
    }
    this.#waiting = true;
    route.wait(this, now);
  }

  granted(target: RoutedTarget): void {
    this.#waiting = false;
    this.#target = target;
    if (this.#phase === "done") {
      this.#release(true);
      return;
    }
    this.tried |= 1 << (this.#route.targets.indexOf(target) & 31);
    this.#call(target);
  }

  refused(why: Problem): void {
    this.#waiting = false;
    if (!this.#fallBack()) this.#fail(why);
  }

  /** Goes on with the next model that may answer instead; false when there is none. */
  #fallBack(): boolean {
    const named = this.shared.router.route(this.call.model)?.model.fallbacks ?? [];
    for (;;) {
      const name = named[this.#fallback];
      if (name === undefined) return false;
      this.#fallback += 1;
      const route = this.shared.router.route(name);
      if (route === undefined || !mayUse(this.principal, name)) continue;
      this.shared.metrics.fallbacks += 1;
      this.#route = route;
      this.#metrics = this.shared.metrics.call(name, this.call.operation);
      this.#attempts = 0;
      this.tried = 0;
      this.waitUntil = 0;
      this.#place();
      return true;
    }
  }

  // ------------------------------------------------------------------------------------------------ the call

  #call(target: RoutedTarget): void {
    this.#phase = "calling";
    this.#attempts += 1;
    this.#calledAt = performance.now();
    if (!this.#intended) {
      this.#intended = true;
      const { organisation, keyId } = this.principal;
      const { operation, inputEstimate: inputTokens } = this.call;
      this.shared.journal.intent(
        { id: this.id, at: this.#at, organisation, keyId, model: this.#route.model.name, operation, inputTokens },
        this,
      );
      // The log may have refused at once.
      if (this.#phase !== "calling") return;
    }
    const { upstreamModel, authorization } = target.target;
    const headers = [
      "content-type",
      "application/json",
      "traceparent",
      traceparent(this.#trace),
      "x-request-id",
      this.id,
    ];
    if (authorization !== undefined) headers.push("authorization", authorization);
    target.pool.dispatch(
      { path: target.basePath + this.call.path, method: "POST", headers, body: this.call.body(upstreamModel) },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#gone) controller.abort(new Error("the client left"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status < 200) return;
    this.#status = status;
    const type = headers["content-type"];
    this.#contentType = typeof type === "string" ? type : "application/json";
    const streams = status === 200 && this.call.stream && this.#contentType.startsWith("text/event-stream");
    this.#shape = streams ? this.call.streamShape() : undefined;
    this.#firstByteMs = performance.now() - this.#began;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase !== "calling") return;
    if (this.#shape === undefined) this.#keep(chunk);
    else {
      const out = this.#shape.push(chunk);
      if (out !== undefined) this.#send(out, this.#shape.contentType);
      if (this.#shape.complete) this.#upstreamDone();
    }
    if (this.#phase === "calling" && this.response.writableNeedDrain) {
      controller.pause();
      this.request.socket.setTimeout(stalled);
    }
  }

  onResponseEnd(): void {
    if (this.#phase !== "calling") return;
    if (this.#status >= 400) this.#upstreamRefused();
    else if (this.#shape !== undefined && !this.#shape.complete) this.#broke("its stream ended too early", false);
    else this.#upstreamDone();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#phase !== "calling") return;
    this.#broke(error.message || error.name, wasNeverSent(error));
  }

  /** The answer of the upstream is complete: settle, then let go of its end. */
  #upstreamDone(): void {
    const shape = this.#shape;
    this.#release(true);
    if (shape !== undefined) {
      const counted = shape.counted ?? { inputTokens: this.call.inputEstimate, outputTokens: shape.pieces };
      this.#last = shape.tail(counted);
      this.#contentType = shape.contentType;
      this.#settle(this.#status, counted, shape.counted === undefined);
      return;
    }
    const body = this.#kept.take();
    const counted = countedIn(body);
    const guessed = this.call.operation === "embedding" ? 0 : Math.ceil(this.#kept.total / (4 * bytesPerToken));
    const whole = this.#sent ? body : this.call.whole(body);
    if (!Buffer.isBuffer(whole)) {
      this.#fail(whole);
      return;
    }
    this.#last = whole;
    this.#settle(
      this.#status,
      counted ?? { inputTokens: this.call.inputEstimate, outputTokens: guessed },
      counted === undefined,
    );
  }

  /** The upstream answered with an error. Another server (or model) is asked where that may help. */
  #upstreamRefused(): void {
    const status = this.#status;
    const ofServer = status >= 500 || status === 429;
    this.#release(!ofServer);
    const body = this.#kept.take();
    this.#kept.clear();
    if (ofServer && this.#again(false, false)) return;
    this.#settleRefusal(status, body);
  }

  /** The connection failed: before the first byte the call is made again, afterwards the answer ends as broken. */
  #broke(reason: string, neverSent: boolean): void {
    this.#release(this.#gone);
    if (this.#gone) {
      this.#settleGone();
      return;
    }
    if (!this.#sent) {
      this.#kept.clear();
      this.#early = undefined;
      this.#shape = undefined;
      if (this.#again(true, neverSent)) return;
      this.shared.log.warn({ traceId: this.#trace.traceId, model: this.#route.model.name, reason }, "upstream failed");
      this.#fail(problem("upstream_failed", `the server of ${this.#route.model.name} failed: ${reason}`));
      return;
    }
    const why = problem(
      "upstream_failed",
      `the server of ${this.#route.model.name} failed in the middle of its answer`,
    );
    this.shared.log.warn(
      { traceId: this.#trace.traceId, model: this.#route.model.name, reason },
      "upstream failed mid-stream",
    );
    const shape = this.#shape;
    this.#last = shape?.broken(why) ?? nothing;
    this.#status = why.status;
    this.#settle(
      why.status,
      shape?.counted ?? { inputTokens: this.call.inputEstimate, outputTokens: this.#piecesSoFar() },
      shape?.counted === undefined,
    );
  }

  /**
   * Another attempt, where one may help; false when this was the last. A lost connection may come back to the same server;
   * a call that was never sent is made again for as long as a request may wait.
   */
  #again(connectionLost: boolean, neverSent: boolean): boolean {
    const route = this.#route;
    const others = route.targets.length > 1;
    const patient = neverSent && Date.now() - this.#at < route.model.queue.deadline;
    this.#phase = "placing";
    this.#status = 0;
    if (patient || (this.#attempts < mostAttempts && (connectionLost || (others && route.mayRetry())))) {
      this.shared.metrics.retries += 1;
      // Once all were tried, all may be tried again.
      if (bits(this.tried) >= route.targets.length) this.tried = 0;
      // The same server may be restarting: a moment is what it needs.
      if (others && this.tried !== 0) this.#place();
      else setTimeout(() => this.#placeLater(), Math.min(1000, 25 * 2 ** this.#attempts));
      return true;
    }
    return this.#fallBack();
  }

  #placeLater(): void {
    if (this.#phase !== "placing") return;
    if (this.#gone) this.#settleGone();
    else this.#place();
  }

  // ------------------------------------------------------------------------------------------------ the answer

  #keep(chunk: Buffer): void {
    this.#kept.add(chunk);
    if (this.#status !== 200 || this.#kept.size <= keptWhole) return;
    if (this.call.api === "openai" && !this.call.stream) {
      const older = this.#kept.takeOlder();
      if (older.length > 0) this.#send(older, this.#contentType);
    } else if (this.#kept.size > translatedWhole) {
      this.#controller?.abort(new Error("the answer is too large to be translated"));
    }
  }

  #send(bytes: Buffer, contentType: string): void {
    if (this.#gone) return;
    if (!this.#intentDurable) {
      // Nothing goes out that is not at least intended to be counted.
      this.#early = this.#early === undefined ? bytes : Buffer.concat([this.#early, bytes]);
      this.#contentType = contentType;
      return;
    }
    if (!this.#sent) this.#head(contentType, undefined);
    this.response.write(bytes);
    const now = Date.now();
    if (now - this.#checkpointAt >= checkpointEvery) {
      if (this.#checkpointAt > 0) this.shared.journal.checkpoint(this.id, this.#piecesSoFar());
      this.#checkpointAt = now;
    }
  }

  #head(contentType: string, length: number | undefined): void {
    this.#sent = true;
    const headers = ["content-type", contentType, "x-request-id", this.id, "x-keelson-model", this.#route.model.name];
    if (length !== undefined) headers.push("content-length", String(length));
    else headers.push("cache-control", "no-cache");
    this.response.writeHead(this.#status, headers);
  }

  #piecesSoFar(): number {
    return this.#shape?.pieces ?? Math.ceil(this.#kept.total / (4 * bytesPerToken));
  }

  // ------------------------------------------------------------------------------------------------ the end

  /** A problem before the first byte. Counted when an upstream was asked, because it may have worked for nothing. */
  #fail(why: Problem): void {
    this.#status = why.status;
    this.#contentType = "application/json";
    this.#last = Buffer.from(problemBody(this.call.api, why));
    if (why.retryAfter !== undefined) this.response.setHeader("retry-after", why.retryAfter);
    if (this.#intended) this.#settle(why.status, { inputTokens: 0, outputTokens: 0 }, false);
    else {
      this.shared.metrics.refuse(why.code);
      this.#finish();
    }
  }

  #settleRefusal(upstream: number, body: Buffer): void {
    const why = problem(
      "upstream_failed",
      messageIn(body) ?? `the server of ${this.#route.model.name} answered ${upstream}`,
    );
    this.#status = statusForClient(upstream);
    // An upstream that speaks OpenAI has said it in the right shape already.
    const inShape = this.call.api === "openai" && upstream === this.#status && messageIn(body) !== undefined;
    this.#last = inShape ? body : Buffer.from(problemBody(this.call.api, why));
    this.#contentType = "application/json";
    this.#settle(this.#status, { inputTokens: 0, outputTokens: 0 }, false);
  }

  /** The client left; what was produced until then is counted. */
  #settleGone(): void {
    const counted = this.#shape?.counted;
    this.#settle(
      499,
      counted ?? { inputTokens: this.call.inputEstimate, outputTokens: this.#piecesSoFar() },
      counted === undefined,
    );
  }

  #settle(status: number, { inputTokens, outputTokens }: Counted, estimated: boolean): void {
    this.#phase = "settling";
    const { organisation, keyId } = this.principal;
    const { model } = this.#route;
    this.#metrics.input.observe(inputTokens);
    this.#metrics.output.observe(outputTokens);
    this.#route.tokens += inputTokens + outputTokens;
    this.#settledStatus = status;
    this.shared.journal.settle(
      {
        id: this.id,
        at: this.#at,
        organisation,
        keyId,
        model: model.name,
        operation: this.call.operation,
        inputTokens,
        outputTokens,
        status,
        durationMs: Math.round(performance.now() - this.#began),
        estimated,
      },
      this,
    );
  }

  #settledStatus = 0;

  journaled(step: "intent" | "settled", failed: boolean): void {
    if (step === "intent") {
      if (failed) this.#uncountable();
      else {
        this.#intentDurable = true;
        const early = this.#early;
        this.#early = undefined;
        if (early !== undefined) this.#send(early, this.#contentType);
      }
    } else if (failed) this.#uncountable();
    else this.#finish();
  }

  /** The usage log cannot be written: nothing is answered that would not be counted. */
  #uncountable(): void {
    if (this.#phase === "done") return;
    if (this.#waiting) this.#route.leave(this);
    this.#controller?.abort(new Error("the usage log cannot be written"));
    this.#release(true);
    const why = problem("usage_unavailable", "usage cannot be recorded at the moment, so nothing is answered", {
      retryAfter: 5,
    });
    this.shared.metrics.refuse(why.code);
    this.#phase = "done";
    this.#ended = true;
    this.shared.bodies.release(this.bodyBytes);
    if (this.#sent) this.response.destroy();
    else refuse(this.response, this.call.api, why, this.id);
  }

  #finish(): void {
    this.#phase = "done";
    const { response } = this;
    if (!this.#gone) {
      if (this.#early !== undefined) {
        this.#last = Buffer.concat([this.#early, this.#last]);
        this.#early = undefined;
      }
      if (!this.#sent) this.#head(this.#contentType, this.#last.length);
      response.end(this.#last);
    }
    this.#ended = true;
    this.shared.bodies.release(this.bodyBytes);
    this.#measure();
  }

  #measure(): void {
    const status = this.#settledStatus;
    if (status === 0) return;
    const metrics = this.#metrics;
    const milliseconds = performance.now() - this.#began;
    metrics.statuses.set(status, (metrics.statuses.get(status) ?? 0) + 1);
    metrics.duration.observe(milliseconds / 1000);
    if (this.#firstByteMs > 0) metrics.firstToken.observe(this.#firstByteMs / 1000);
    this.shared.tracer?.record({
      name: `${this.call.operation} ${this.#route.model.name}`,
      kind: "server",
      trace: this.#trace,
      start: this.#at,
      end: this.#at + milliseconds,
      attributes: {
        "gen_ai.operation.name": this.call.operation,
        "gen_ai.request.model": this.call.model,
        "gen_ai.response.model": this.#route.model.name,
        "http.response.status_code": status,
        "http.route": this.request.url ?? "",
      },
      failed: status >= 500,
    });
  }

  /** The place at the target is free again. */
  #release(well: boolean): void {
    const target = this.#target;
    if (target === undefined) return;
    this.#target = undefined;
    if (well) target.succeeded(performance.now() - this.#calledAt);
    else target.failed(Date.now());
    this.#route.release(target, Date.now());
  }

  #drained(): void {
    this.request.socket.setTimeout(0);
    this.#controller?.resume();
  }

  #closed(): void {
    if (this.#ended || this.#gone) return;
    this.#gone = true;
    this.shared.metrics.clientsLeft += 1;
    if (this.#waiting) {
      this.#route.leave(this);
      this.#waiting = false;
      if (this.#intended) this.#settleGone();
      else this.#finish();
    } else if (this.#phase === "calling") {
      const controller = this.#controller;
      // Ends in onResponseError; a call that has not begun is aborted as it begins.
      controller?.abort(new Error("the client left"));
    }
  }
}

function bits(mask: number): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count += 1;
  return count;
}

/** Whether a key may use a model at all. */
export function mayUse({ models }: Principal, model: string): boolean {
  return models === undefined || models.includes(model);
}
