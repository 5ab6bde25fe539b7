import { type Trace, traceOf } from "../../kernel/trace.js";
import type { CallMetrics } from "../metrics.js";
import { type Problem, problem, problemBody, refuse, usageUnavailable } from "../problem.js";
import type { Refused } from "../refusals.js";
import type { PendingRequest } from "../request/body.js";
import { clientRequestId } from "../request-id.js";
import { Outgoing } from "../response/outgoing.js";
import type { UpstreamResponse } from "../response/upstream-response.js";
import { meaningOf, type Result } from "../routing/health.js";
import type { RouteWaiter } from "../routing/model-route.js";
import type { Tried } from "../routing/pick.js";
import type { Placement } from "../routing/placement.js";
import type { RoutedTarget } from "../routing/target.js";
import type { Call, Counted, Tokens } from "../shape.js";
import type { Shared } from "../shared.js";
import type { JournalListener } from "../usage/journal.js";
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
import { errorForClient, withoutKey } from "./upstream-error.js";

/** The first checkpoint of a stream follows its first output after this time, and each next one after twice the time … */
const FIRST_CHECKPOINT_MS = 100;
/** … up to this interval. */
const MAX_CHECKPOINT_INTERVAL_MS = 2_000;
const CLIENT_LEFT_STATUS = 499;
const EMPTY = Buffer.alloc(0);
const NOTHING_COUNTED: Counted = { inputTokens: 0, outputTokens: 0 };

/**
 * One valid request, from its slot at a target to the last byte of its response. `state.ts` decides what to do; this
 * class executes it.
 *
 * It implements the callbacks of the upstream, of the model's queue and of the journal itself. That puts three roles into
 * one class on purpose: a listener for each role would be three more objects (or a closure for each callback) for every
 * request, and a proxy in Node.js spends most of its time on allocation.
 */
export class Exchange implements UpstreamListener, RouteWaiter, JournalListener {
  waitUntil = 0;

  readonly #state = initialState();
  readonly #startedAt = performance.now();
  readonly #at = Date.now();
  readonly #trace: Trace;
  readonly #out: Outgoing;
  #metrics: CallMetrics;
  /** The newest attempt; undefined between two attempts. */
  #upstream: UpstreamCall | undefined;
  /** The result of the newest attempt. */
  #result: Result = "discarded";
  /** Why the newest attempt broke, for the log. */
  #reason: string | undefined;
  #retryDelayMs = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #checkpointTimer: NodeJS.Timeout | undefined;
  #checkpointIntervalMs = FIRST_CHECKPOINT_MS;

  // The prepared response: its status is in `#out`. Its last bytes wait for the settlement.
  #last: Buffer = EMPTY;
  #counted: Counted = NOTHING_COUNTED;
  #estimated = false;
  #retryAfter: string | number | undefined;
  /** The problem that the prepared response reports; undefined if it is the response of an upstream. */
  #problem: Problem | undefined;
  #settledStatus = 0;
  /** The bytes of the `output` event. */
  #arrived: Buffer = EMPTY;

  constructor(
    private readonly shared: Shared,
    private readonly pending: PendingRequest<unknown>,
    private readonly call: Call,
    private readonly placement: Placement,
  ) {
    const { request, response } = pending;
    this.#trace = traceOf(request);
    this.#out = new Outgoing(response, pending.id, clientRequestId(request));
    this.#metrics = shared.metrics.call(placement.route.model.name, call.operation);
    response.on("close", () => this.#clientLeft());
  }

  get owner(): string {
    return this.pending.principal.organisation;
  }

  get member(): string {
    return this.pending.principal.keyId;
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
    if (effects & WRITE_INTENT) this.#writeIntent();
    // The journal may have refused the intent at once.
    if (effects & SEND && this.#state.phase === "calling") this.#upstream?.send(this.pending.id, this.#trace);
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
    this.#prepareProblem(why);
    this.#step("queue-refused");
  }

  #decide(): void {
    this.#upstream = undefined;
    const now = Date.now();
    const delayMs = this.placement.retry(this.#result, now - this.#at, now);
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
    this.#metrics = this.shared.metrics.call(this.placement.route.model.name, this.call.operation);
    this.waitUntil = 0;
    return true;
  }

  // ------------------------------------------------------------------------------------------------------ upstream

  onOutput(response: UpstreamResponse, bytes: Buffer): boolean {
    this.#out.status = response.status;
    this.#out.contentType = response.contentType;
    this.#out.model = this.placement.route.model.name;
    this.#out.simulated = this.#upstream?.isSimulated === true;
    this.#arrived = bytes;
    this.#step("output");
    this.#checkpointTimer ??= setTimeout(checkpoint, this.#checkpointIntervalMs, this);
    if (!this.#out.full) return true;
    this.#out.startStallTimeout();
    this.pending.response.once("drain", () => this.#drained());
    return false;
  }

  /** Records the output so far, so that it is counted if this process ends. */
  checkpoint(): void {
    this.#checkpointTimer = undefined;
    if (this.#state.phase !== "calling") return;
    this.shared.journal.checkpoint(this.pending.id, this.#countedSoFar().counted.outputTokens);
    this.#checkpointIntervalMs = Math.min(MAX_CHECKPOINT_INTERVAL_MS, 2 * this.#checkpointIntervalMs);
  }

  /** `before`: the part of a stream that arrived together with its end. It is sent with the end, in one packet. */
  onComplete(response: UpstreamResponse, before: Buffer | undefined): void {
    const { counted, estimated } = this.#countedSoFar();
    const last = response.last(counted);
    this.#out.simulated = this.#upstream?.isSimulated === true;
    this.#prepare(response.status, response.contentType, before === undefined ? last : Buffer.concat([before, last]));
    this.#counted = counted;
    this.#estimated = estimated;
    this.#result = response.result;
    this.#step("completed");
  }

  onUpstreamError(response: UpstreamResponse): void {
    const { retryAfter } = response;
    this.#result = response.result;
    const model = this.placement.route.model.name;
    const error = errorForClient(response, { api: this.call.api, model, key: this.#upstream?.key });
    if (error.document !== undefined) this.#prepare(error.status, "application/json", error.document);
    else this.#prepareProblem({ ...error.problem, status: error.status });
    this.#retryAfter = retryAfter;
    this.#reason = error.logged;
    this.#step("upstream-error");
  }

  onBroken(reason: string, result: Result): void {
    this.#result = this.#state.clientLeft ? this.#resultOfLeft() : result;
    this.#reason = withoutKey(reason, this.#upstream?.key);
    if (!this.#state.clientLeft && !this.#state.started) {
      const logged = this.#reason;
      this.#prepareProblem(this.#brokenProblem());
      this.#reason = logged;
    }
    this.#step("connection-lost");
  }

  /** The problem that the client receives instead of the answer, or at its end. */
  #brokenProblem(): Problem {
    const server = `the server of ${this.placement.route.model.name}`;
    if (this.#upstream?.response?.failure?.concernsAccount)
      return problem("upstream_failed", `${server} refused the platform's own API key or account`);
    return problem("upstream_failed", `${server} ${this.#reason ?? "failed"}`);
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
    const model = this.placement.route.model.name;
    const interrupted = problem("upstream_failed", `the server of ${model} failed in the middle of its response`);
    const { counted, estimated } = this.#countedSoFar();
    this.#counted = counted;
    this.#estimated = estimated;
    const response = this.#upstream?.response;
    if (response?.shape === undefined) this.#out.cut();
    else this.#last = response.shape.broken(response.failure === undefined ? interrupted : this.#brokenProblem());
    this.#out.status = interrupted.status;
  }

  #drained(): void {
    this.#out.stopStallTimeout();
    this.#upstream?.resume();
  }

  // ---------------------------------------------------------------------------------------------------- the response

  #prepare(status: number, contentType: string, last: Buffer): void {
    this.#out.status = status;
    this.#out.contentType = contentType;
    this.#last = last;
    this.#counted = NOTHING_COUNTED;
    this.#estimated = false;
    this.#retryAfter = undefined;
    this.#problem = undefined;
    this.#reason = undefined;
  }

  #prepareProblem(why: Problem): void {
    this.#prepare(why.status, "application/json", Buffer.from(problemBody(this.call.api, why)));
    this.#retryAfter = why.retryAfter;
    this.#problem = why;
  }

  #end(): void {
    if (this.#reason !== undefined && !this.#state.started) this.#logFailure("upstream failed");
    const refused = this.#problem;
    if (refused !== undefined && !this.#state.intended) this.#recordRefusal(refused);
    // It reached a server, and was refused when it waited for another attempt.
    else if (refused !== undefined && this.#reason === undefined) this.shared.refusals.write(this.#refused(), refused);
    if (this.#retryAfter !== undefined && !this.pending.response.headersSent)
      this.pending.response.setHeader("retry-after", this.#retryAfter);
    this.#out.end(this.#last);
  }

  #releaseBody(): void {
    this.pending.release();
    this.call.forgetBody();
  }

  #finish(): void {
    clearTimeout(this.#checkpointTimer);
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
    const model = this.placement.route.model.name;
    return { request, id, at: this.#at, principal, operation: this.call.operation, model };
  }

  #logFailure(message: string): void {
    const { request, id, principal } = this.pending;
    const model = this.placement.route.model.name;
    const ids = { traceId: this.#trace.traceId, requestId: id, clientRequestId: clientRequestId(request) };
    this.shared.log.warn(
      { ...ids, keyId: principal.keyId, model, status: this.#out.status, reason: this.#reason },
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

  #writeIntent(): void {
    const { organisation, keyId } = this.pending.principal;
    const { operation, inputEstimate: inputTokens } = this.call;
    const model = this.placement.route.model.name;
    this.shared.journal.intent(
      { id: this.pending.id, at: this.#at, organisation, keyId, model, operation, inputTokens },
      this,
    );
  }

  /** The tokens of the newest attempt so far. */
  #countedSoFar(): Tokens {
    const { context } = this.placement.route.model;
    const response = this.#upstream?.response;
    if (response !== undefined) return response.counted(context);
    const limit = (context ?? Number.POSITIVE_INFINITY) * this.call.inputs;
    const inputTokens = Math.min(this.call.inputEstimate, limit);
    return { counted: { inputTokens, outputTokens: 0 }, estimated: true };
  }

  #settleLeft(): void {
    // A response that was completed during the cancellation has its exact counts already.
    if (this.#result !== "succeeded") {
      const { counted, estimated } = this.#countedSoFar();
      this.#counted = counted;
      this.#estimated = estimated;
    }
    this.#settle(CLIENT_LEFT_STATUS);
  }

  #settle(status: number): void {
    this.#settledStatus = status;
    const { inputTokens, outputTokens } = this.#counted;
    const { organisation, keyId } = this.pending.principal;
    const { route } = this.placement;
    this.#out.model = route.model.name;
    this.shared.journal.settle(
      {
        id: this.pending.id,
        at: this.#at,
        organisation,
        keyId,
        model: route.model.name,
        operation: this.call.operation,
        inputTokens,
        outputTokens,
        status,
        durationMs: Math.round(performance.now() - this.#startedAt),
        estimated: this.#estimated,
      },
      this,
    );
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
    const status = this.#settledStatus;
    const milliseconds = performance.now() - this.#startedAt;
    const respondedAt = this.#upstream?.respondedAt ?? 0;
    const firstByte = respondedAt === 0 ? 0 : respondedAt - this.#startedAt;
    this.#metrics.completed(status, milliseconds / 1000, firstByte / 1000);
    const { inputTokens, outputTokens } = this.#counted;
    this.#metrics.input.observe(inputTokens);
    this.#metrics.output.observe(outputTokens);
    this.placement.route.tokens += inputTokens + outputTokens;
    if (this.shared.tracer !== undefined) {
      const model = this.placement.route.model.name;
      const path = this.pending.request.url ?? "";
      const finished = { model, path, status, at: this.#at, milliseconds, inputTokens, outputTokens };
      this.shared.tracer.record(spanOf(this.#trace, this.call, finished));
    }
  }
}

function checkpoint(exchange: Exchange): void {
  exchange.checkpoint();
}
