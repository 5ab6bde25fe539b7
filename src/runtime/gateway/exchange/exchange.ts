import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../../../contracts/credentials.js";
import { type Trace, traceOf } from "../../kernel/trace.js";
import type { CallMetrics } from "../metrics.js";
import { type Problem, problem, problemBody, refuse, usageUnavailable } from "../problem.js";
import { Outgoing } from "../response/outgoing.js";
import type { UpstreamResponse } from "../response/upstream-response.js";
import { meaningOf, type Result } from "../routing/health.js";
import type { RouteWaiter } from "../routing/model-route.js";
import type { Tried } from "../routing/pick.js";
import type { Placement } from "../routing/placement.js";
import type { RoutedTarget } from "../routing/target.js";
import type { Call, Counted } from "../shape.js";
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
import { messageIn, statusForClient } from "./upstream-error.js";

const CHECKPOINT_INTERVAL_MS = 2_000;
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
  #checkpointAt = 0;

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
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    readonly id: string,
    private readonly principal: Principal,
    private readonly call: Call,
    private readonly placement: Placement,
    private readonly bodyBytes: number,
  ) {
    this.#trace = traceOf(request);
    this.#out = new Outgoing(response, id);
    this.#metrics = shared.metrics.call(placement.route.model.name, call.operation);
    response.on("close", () => this.#clientLeft());
  }

  get owner(): string {
    return this.principal.organisation;
  }

  get tried(): Tried<RoutedTarget> | undefined {
    return this.placement.tried;
  }

  start(): void {
    if (this.response.destroyed) this.#clientLeft();
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
    if (effects & BREAK) this.#break();
    if (effects & SETTLE) this.#settle(this.#out.status);
    if (effects & SETTLE_LEFT) this.#settleLeft();
    if (effects & REFUSE) refuse(this.response, this.call.api, usageUnavailable(), this.id);
    if (effects & DESTROY) this.response.destroy();
    if (effects & END) this.#end();
    if (effects & RECORD) this.#record();
    if (effects & FINISH) this.shared.bodies.release(this.principal.organisation, this.bodyBytes);
    if (effects & WRITE_INTENT) this.#writeIntent();
    // The journal may have refused the intent at once.
    if (effects & SEND && this.#state.phase === "calling") this.#upstream?.send(this.id, this.#trace);
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
    this.#arrived = bytes;
    this.#step("output");
    const now = Date.now();
    if (now - this.#checkpointAt >= CHECKPOINT_INTERVAL_MS) {
      if (this.#checkpointAt > 0) this.shared.journal.checkpoint(this.id, this.#countedSoFar().counted.outputTokens);
      this.#checkpointAt = now;
    }
    if (!this.#out.full) return true;
    this.#out.startStallTimeout();
    this.response.once("drain", () => this.#drained());
    return false;
  }

  /** `before`: the part of a stream that arrived together with its end. It is sent with the end, in one packet. */
  onComplete(response: UpstreamResponse, before: Buffer | undefined): void {
    const { shape } = response;
    const document = shape === undefined ? response.document() : undefined;
    const { counted, estimated } = response.counted(document);
    const last =
      document === undefined
        ? shape?.tail(counted)
        : this.#state.started
          ? document
          : this.call.convertDocument(document);
    if (last !== undefined && !Buffer.isBuffer(last)) this.#prepareProblem(last);
    else {
      this.#prepare(response.status, response.contentType, last ?? EMPTY);
      if (before !== undefined) this.#last = Buffer.concat([before, this.#last]);
      this.#counted = counted;
      this.#estimated = estimated;
    }
    this.#result = response.result;
    this.#step("completed");
  }

  onUpstreamError(response: UpstreamResponse): void {
    const { retryAfter } = response;
    this.#result = response.result;
    const body = response.document();
    const status = statusForClient(response.status, response.result);
    const message = messageIn(body);
    const model = this.placement.route.model.name;
    // The error document of an upstream already has the shape of the OpenAI API.
    if (this.call.api === "openai" && response.status === status && message !== undefined) {
      this.#prepare(status, "application/json", body);
    } else {
      this.#prepareProblem(
        problem("upstream_failed", message ?? `the server of ${model} returned status ${response.status}`),
      );
      this.#out.status = status;
    }
    this.#retryAfter = retryAfter;
    this.#step("upstream-error");
  }

  onBroken(reason: string, result: Result): void {
    this.#result = this.#state.clientLeft ? this.#resultOfLeft() : result;
    if (!this.#state.clientLeft && !this.#state.started) {
      const model = this.placement.route.model.name;
      this.#prepareProblem(problem("upstream_failed", `the server of ${model} failed: ${reason}`));
    }
    this.#reason = reason;
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
    const model = this.placement.route.model.name;
    const why = problem("upstream_failed", `the server of ${model} failed in the middle of its response`);
    const { counted, estimated } = this.#countedSoFar();
    this.#counted = counted;
    this.#estimated = estimated;
    const shape = this.#upstream?.response?.shape;
    if (shape === undefined) this.#out.cut();
    else this.#last = shape.broken(why);
    this.#out.status = why.status;
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
    if (!this.#state.intended && this.#problem !== undefined) this.shared.metrics.refuse(this.#problem.code);
    if (this.#retryAfter !== undefined && !this.response.headersSent)
      this.response.setHeader("retry-after", this.#retryAfter);
    this.#out.end(this.#last);
  }

  #logFailure(message: string): void {
    const model = this.placement.route.model.name;
    this.shared.log.warn({ traceId: this.#trace.traceId, requestId: this.id, model, reason: this.#reason }, message);
  }

  #clientLeft(): void {
    if (this.#state.phase === "done" || this.#state.clientLeft) return;
    this.#out.clientLeft = true;
    this.shared.metrics.clientsLeft += 1;
    this.#step("client-left");
  }

  // --------------------------------------------------------------------------------------------------------- usage

  #writeIntent(): void {
    const { organisation, keyId } = this.principal;
    const { operation, inputEstimate: inputTokens } = this.call;
    const model = this.placement.route.model.name;
    this.shared.journal.intent({ id: this.id, at: this.#at, organisation, keyId, model, operation, inputTokens }, this);
  }

  /** The tokens of the newest attempt so far. */
  #countedSoFar(): { readonly counted: Counted; readonly estimated: boolean } {
    return (
      this.#upstream?.response?.counted(undefined) ?? {
        counted: { inputTokens: this.call.inputEstimate, outputTokens: 0 },
        estimated: true,
      }
    );
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
    const { organisation, keyId } = this.principal;
    const { route } = this.placement;
    this.#out.model = route.model.name;
    this.shared.journal.settle(
      {
        id: this.id,
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
      this.shared.metrics.refuse("usage_unavailable");
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
      const path = this.request.url ?? "";
      this.shared.tracer.record(spanOf(this.#trace, this.call, { model, path, status, at: this.#at, milliseconds }));
    }
  }
}
