import type { Model } from "../../../plan/plan.js";
import { clientRequestId } from "../../kernel/request-id.js";
import { type Trace, traceOf } from "../../kernel/trace.js";
import type { CallMetrics } from "../metrics.js";
import { type Problem, problem, refuse, usageUnavailable } from "../problem.js";
import type { Refused } from "../refusals.js";
import type { PendingRequest } from "../request/body.js";
import { Outgoing } from "../response/outgoing.js";
import type { UpstreamResponse } from "../response/upstream-response.js";
import { meaningOf, type Result } from "../routing/health.js";
import type { RouteWaiter, StalledResponse } from "../routing/model-route.js";
import type { Tried } from "../routing/pick.js";
import type { Placement } from "../routing/placement.js";
import type { RoutedTarget } from "../routing/target.js";
import type { Call, Tokens } from "../shape.js";
import type { Shared } from "../shared.js";
import { type MeteredExchange, Metering } from "./metering.js";
import { PreparedResponse } from "./prepared-response.js";
import { spanOf } from "./span.js";
import {
  ABANDON,
  BREAK,
  CANCEL,
  CANCEL_RETRY,
  DECIDE,
  DESTROY,
  DISCARD_HELD,
  type Effects,
  END,
  type Event,
  FALL_BACK,
  FINISH,
  initialState,
  LEAVE_QUEUE,
  OPEN,
  PASS_ON,
  RECORD,
  REFUSE,
  RELEASE,
  SCHEDULE_RETRY,
  SELECT,
  SEND,
  SETTLE,
  SETTLE_LEFT,
  step,
  WRITE_INTENT,
} from "./state.js";
import { UpstreamCall, type UpstreamListener } from "./upstream-call.js";
import { brokenProblem, errorForClient, withoutKey } from "./upstream-error.js";

const CLIENT_LEFT_STATUS = 499;
const EMPTY = Buffer.alloc(0);

/**
 * One valid request, from its slot at a target to the last byte of its response. `state.ts` decides what to do; this
 * class executes it.
 *
 * It implements the callbacks of the upstream, of the model's queue and of the journal itself. That puts three roles into
 * one class on purpose: a listener for each role would be three more objects (or a closure for each callback) for every
 * request, and a proxy in Node.js spends most of its time on allocation.
 */
export class Exchange implements UpstreamListener, RouteWaiter, MeteredExchange, StalledResponse {
  waitUntil = 0;
  stalledAt = 0;

  readonly #state = initialState();
  readonly #metering: Metering;
  readonly trace: Trace;
  readonly #out: Outgoing;
  #metrics: CallMetrics;
  /** The newest attempt; undefined between two attempts. */
  #upstream: UpstreamCall | undefined;
  /** The result of the newest attempt. */
  #result: Result = "discarded";
  #retryDelayMs = 0;
  #retryTimer: NodeJS.Timeout | undefined;

  readonly #prepared: PreparedResponse;
  /** The bytes of the `output` event. */
  #arrived: Buffer = EMPTY;

  constructor(
    private readonly shared: Shared,
    private readonly pending: PendingRequest<unknown>,
    private readonly call: Call,
    private readonly placement: Placement,
  ) {
    const { request, response } = pending;
    this.trace = traceOf(request);
    this.#metering = new Metering(shared, pending, call, this);
    this.#out = new Outgoing(response, pending.id, clientRequestId(request));
    this.#prepared = new PreparedResponse(call.api, this.#out);
    this.#metrics = shared.metrics.call(placement.route.model.name, call.operation);
    response.on("close", () => this.#clientLeft());
  }

  get requestId(): string {
    return this.pending.id;
  }

  get owner(): string {
    return this.pending.principal.organisation;
  }

  get member(): string {
    return this.pending.principal.keyId;
  }

  get model(): Model {
    return this.placement.route.model;
  }

  get isCalling(): boolean {
    return this.#state.phase === "calling";
  }

  get firstContentAt(): number {
    return this.#upstream?.firstContentAt ?? 0;
  }

  get tried(): Tried<RoutedTarget> | undefined {
    return this.placement.tried;
  }

  start(): void {
    if (this.pending.response.destroyed) this.#clientLeft();
    else this.#step("start");
  }

  // --------------------------------------------------------------------------------------------- the state machine

  #step(event: Event): void {
    const effects = step(this.#state, event);
    if (effects !== 0) this.#execute(effects);
  }

  /** In the order of the bits: effects that stop something come first, those that may call back into the state machine last. */
  #execute(effects: Effects): void {
    if (effects & LEAVE_QUEUE) this.placement.route.leave(this);
    if (effects & CANCEL_RETRY) clearTimeout(this.#retryTimer);
    if (effects & CANCEL) this.#upstream?.cancel();
    if (effects & ABANDON) {
      this.#upstream?.abandon();
      this.#result = "discarded";
    }
    if (effects & RELEASE) this.#upstream?.release(this.#result);
    if (effects & DISCARD_HELD) this.#out.discardHeld();
    if (effects & PASS_ON) this.#out.send(this.#arrived);
    if (effects & OPEN) this.#out.open();
    // Nothing is retried after the first byte: the memory is for other requests, however long this response is.
    if (this.#state.started && this.pending.bytes > 0) this.#releaseBody();
    if (effects & BREAK) this.#break();
    if (effects & SETTLE) this.#settle(this.#out.status);
    if (effects & SETTLE_LEFT) this.#settleLeft();
    if (effects & REFUSE) this.#refuse(usageUnavailable());
    if (effects & DESTROY) this.pending.response.destroy();
    if (effects & END) this.#end();
    if (effects & RECORD) this.#record();
    if (effects & FINISH) this.#finish();
    if (effects & WRITE_INTENT) this.#metering.writeIntent();
    // The journal may have refused the intent at once.
    if (effects & SEND && this.#state.phase === "calling") this.#upstream?.send();
    if (effects & SELECT) this.#select();
    if (effects & DECIDE) this.#decide();
    if (effects & FALL_BACK) this.#fallBack(Date.now());
    if (effects & SCHEDULE_RETRY) {
      this.#retryTimer = setTimeout(() => this.#step("retry-due"), this.#retryDelayMs);
    }
  }

  // ------------------------------------------------------------------------------------------------------- targets

  #select(): void {
    const now = Date.now();
    if (!this.placement.route.available(now)) this.#nextModel(now);
    const target = this.placement.take(now);
    if (target !== undefined) {
      this.granted(target);
      return;
    }
    this.#step("queued");
    if (this.#state.phase === "queued") this.placement.route.wait(this, now);
  }

  granted(target: RoutedTarget): void {
    this.placement.attempt(target);
    this.#upstream = new UpstreamCall(this.placement.route, target, this.call, this);
    this.#result = "discarded";
    this.#step("target-granted");
  }

  refused(why: Problem): void {
    this.#prepared.setProblem(why);
    this.#step("queue-refused");
  }

  #decide(): void {
    this.#upstream = undefined;
    const now = Date.now();
    const delayMs = this.placement.retry(this.#result, now - this.#metering.at, now);
    if (delayMs === undefined) {
      if (meaningOf(this.#result).fallsBack) this.#fallBack(now);
      else this.#step("exhausted");
      return;
    }
    this.shared.metrics.retries += 1;
    this.#retryDelayMs = delayMs;
    this.#step(delayMs === 0 ? "retry-now" : "retry-later");
  }

  #fallBack(now: number): void {
    this.#step(this.#nextModel(now) ? "fall-back" : "exhausted");
  }

  /** Switches to the next fallback that is available; false if there is none. */
  #nextModel(now: number): boolean {
    if (!this.placement.fallBack(now)) return false;
    this.shared.metrics.fallbacks += 1;
    this.#metrics = this.shared.metrics.call(this.model.name, this.call.operation);
    this.waitUntil = 0;
    return true;
  }

  // ------------------------------------------------------------------------------------------------------ upstream

  onOutput(response: UpstreamResponse, bytes: Buffer): boolean {
    this.#out.status = response.status;
    this.#out.contentType = response.contentType;
    this.#out.model = this.model.name;
    this.#out.simulated = this.#upstream?.isSimulated === true;
    this.#arrived = bytes;
    this.#step("output");
    this.#metering.outputArrived();
    if (!this.#out.full) return true;
    this.stalledAt = Date.now();
    this.placement.route.stalled.add(this);
    this.pending.response.once("drain", () => this.#drained());
    return false;
  }

  /** The client does not read the response, which holds a slot of the model. */
  giveUp(): void {
    this.pending.response.destroy();
  }

  /** `before`: the part of a stream that arrived together with its end. It is sent with the end, in one packet. */
  onComplete(response: UpstreamResponse, before: Buffer | undefined): void {
    const tokens = this.tokensSoFar();
    const last = response.last(tokens.counted);
    this.#out.simulated = this.#upstream?.isSimulated === true;
    const bytes = before === undefined ? last : Buffer.concat([before, last]);
    this.#prepared.set(response.status, response.contentType, bytes);
    this.#prepared.count(tokens);
    this.#result = response.result;
    this.#step("completed");
  }

  onUpstreamError(response: UpstreamResponse): void {
    const { retryAfter } = response;
    this.#result = response.result;
    const model = this.model.name;
    const error = errorForClient(response, { api: this.call.api, model, key: this.#upstream?.key });
    if (error.document !== undefined) this.#prepared.set(error.status, "application/json", error.document);
    else this.#prepared.setProblem({ ...error.problem, status: error.status });
    this.#prepared.retryAfter = retryAfter;
    this.#prepared.reason = error.logged;
    this.#step("upstream-error");
  }

  onBroken(reason: string, result: Result): void {
    this.#result = this.#state.clientLeft ? this.#resultOfLeft() : result;
    const logged = withoutKey(reason, this.#upstream?.key);
    this.#prepared.reason = logged;
    if (!this.#state.clientLeft && !this.#state.started) {
      this.#prepared.setProblem(
        brokenProblem(this.model.name, this.#prepared.reason, this.#upstream?.response?.failure),
      );
      this.#prepared.reason = logged;
    }
    this.#step("connection-lost");
  }

  /** The result of an attempt that was cancelled because the client disconnected. */
  #resultOfLeft(): Result {
    const result = this.#upstream?.response?.result;
    if (result === undefined) return "abandoned";
    return result === "succeeded" ? "left-mid-response" : result;
  }

  /** Prepares the end of a response whose upstream failed in the middle of it. */
  #break(): void {
    this.#logFailure("upstream failed in the middle of its response");
    const model = this.model.name;
    const interrupted = problem("upstream_failed", `the server of ${model} failed in the middle of its response`);
    this.#prepared.count(this.tokensSoFar());
    const response = this.#upstream?.response;
    if (response?.shape === undefined) this.#out.cut();
    else
      this.#prepared.last = response.shape.broken(
        response.failure === undefined
          ? interrupted
          : brokenProblem(this.model.name, this.#prepared.reason, this.#upstream?.response?.failure),
      );
    this.#out.status = interrupted.status;
  }

  #drained(): void {
    this.placement.route.stalled.delete(this);
    this.#upstream?.resume();
  }

  // ---------------------------------------------------------------------------------------------------- the response

  #end(): void {
    const { reason, problem: refused, retryAfter, last } = this.#prepared;
    if (reason !== undefined && !this.#state.started) this.#logFailure("upstream failed");
    if (refused !== undefined && !this.#state.intended) this.#recordRefusal(refused);
    // It reached a server, and was refused when it waited for another attempt.
    else if (refused !== undefined && reason === undefined) this.shared.refusals.write(this.#refused(), refused);
    if (retryAfter !== undefined && !this.pending.response.headersSent)
      this.pending.response.setHeader("retry-after", retryAfter);
    this.#out.end(last);
  }

  #releaseBody(): void {
    this.pending.release();
    this.call.forgetBody();
  }

  #finish(): void {
    this.#metering.stop();
    this.placement.route.stalled.delete(this);
    this.#releaseBody();
  }

  /** Responds to a request that cannot be counted. */
  #refuse(why: Problem): void {
    const { response, request, id } = this.pending;
    refuse(response, this.call.api, why, { id, clientId: clientRequestId(request) });
  }

  #recordRefusal(why: Problem): void {
    this.shared.refusals.record(this.#refused(), why);
  }

  #refused(): Refused {
    const { request, id, principal } = this.pending;
    const model = this.model.name;
    return { request, id, at: this.#metering.at, principal, operation: this.call.operation, model };
  }

  #logFailure(message: string): void {
    const { request, id, principal } = this.pending;
    const model = this.model.name;
    const ids = { traceId: this.trace.traceId, requestId: id, clientRequestId: clientRequestId(request) };
    this.shared.log.warn(
      { ...ids, keyId: principal.keyId, model, status: this.#out.status, reason: this.#prepared.reason },
      message,
    );
  }

  #clientLeft(): void {
    if (this.#state.phase === "done" || this.#state.clientLeft) return;
    this.#out.clientLeft = true;
    this.shared.metrics.clientsLeft += 1;
    this.#step("client-left");
  }

  // --------------------------------------------------------------------------------------------------------- usage

  /** The tokens of the newest attempt so far. */
  tokensSoFar(): Tokens {
    const { context } = this.model;
    const response = this.#upstream?.response;
    if (response !== undefined) return response.counted(context);
    const limit = (context ?? Number.POSITIVE_INFINITY) * this.call.inputs;
    const inputTokens = Math.min(this.call.inputEstimate, limit);
    return { counted: { inputTokens, outputTokens: 0 }, estimated: true };
  }

  #settleLeft(): void {
    // A response that was completed during the cancellation has its exact counts already.
    if (this.#result !== "succeeded") this.#prepared.count(this.tokensSoFar());
    this.#settle(CLIENT_LEFT_STATUS);
  }

  #settle(status: number): void {
    this.#out.model = this.model.name;
    this.#metering.settle(status, this.#prepared.counted, this.#prepared.estimated);
  }

  onJournaled(step: "intent" | "settled"): void {
    this.#step(step === "intent" ? "intent-durable" : "settlement-durable");
  }

  /** A response that has started is settled once the journal accepts writes again; any other request does not count. */
  onJournalFailure(): "retry" | "discard" {
    if (this.#state.phase !== "done") {
      this.#recordRefusal(usageUnavailable());
      this.#step("journal-refused");
    }
    return this.#state.started ? "retry" : "discard";
  }

  #record(): void {
    const { status, at, elapsedMs: milliseconds } = this.#metering;
    this.#metrics.completed(status, milliseconds / 1000, this.#metering.firstContentMs / 1000);
    const { inputTokens, outputTokens } = this.#prepared.counted;
    this.#metrics.input.observe(inputTokens);
    this.#metrics.output.observe(outputTokens);
    this.placement.route.tokens += inputTokens + outputTokens;
    if (this.shared.tracer !== undefined) {
      const model = this.model.name;
      const path = this.pending.request.url ?? "";
      const finished = { model, path, status, at, milliseconds, inputTokens, outputTokens };
      this.shared.tracer.record(spanOf(this.trace, this.call, finished));
    }
  }
}
