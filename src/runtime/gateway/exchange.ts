import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../accounts/client.js";
import { type Trace, traceOf } from "../kernel/trace.js";
import { Outgoing } from "./answer/outgoing.js";
import type { Counted } from "./answer/shape.js";
import type { UpstreamAnswer } from "./answer/upstream-answer.js";
import type { CallMetrics } from "./metrics.js";
import { type Problem, problem, problemBody, refuse } from "./problem.js";
import type { Call } from "./request/call.js";
import type { Waiter as PlaceWaiter } from "./routing/model-route.js";
import type { Placement } from "./routing/placement.js";
import type { RoutedTarget } from "./routing/target.js";
import type { Shared } from "./shared.js";
import { spanOf } from "./span.js";
import { type Caller, UpstreamCall } from "./upstream-call.js";
import { messageIn, statusForClient } from "./upstream-error.js";
import type { Waiter as JournalWaiter } from "./usage/journal.js";

const checkpointEvery = 2_000;
const nothing = Buffer.alloc(0);
const nothingCounted: Counted = { inputTokens: 0, outputTokens: 0 };

/**
 * One request that was understood, from its place at a model to the last byte of its answer.
 *
 * It is told by its upstream calls, and is the waiter of its own place and log entries, so that a request makes few objects
 * on its way. Until the first byte has gone to the client everything may be tried again; from then on the answer
 * is complete, or ends as broken. The last byte goes out only after the usage is durable.
 */
export class Exchange implements Caller, PlaceWaiter, JournalWaiter {
  waitUntil = 0;

  readonly #began = performance.now();
  readonly #at = Date.now();
  readonly #trace: Trace;
  readonly #out: Outgoing;
  #metrics: CallMetrics;
  /** The newest attempt. */
  #upstream: UpstreamCall | undefined;
  #phase: "placing" | "calling" | "settling" | "done" = "placing";
  #waiting = false;
  #intended = false;

  #checkpointAt = 0;
  #settledStatus = 0;
  /** What goes out last, once the usage is durable. */
  #last: Buffer = nothing;

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
    response.on("close", () => this.#closed());
  }

  get tried(): number {
    return this.placement.tried;
  }

  start(): void {
    if (this.response.destroyed) this.#closed();
    else this.#place();
  }

  // ------------------------------------------------------------------------------------------------ a place

  #place(): void {
    this.#phase = "placing";
    const now = Date.now();
    if (!this.placement.route.available(now) && this.#fallBack()) return;
    const target = this.placement.take(now);
    if (target !== undefined) {
      this.granted(target);
      return;
    }
    this.#waiting = true;
    this.placement.route.wait(this, now);
  }

  granted(target: RoutedTarget): void {
    this.#waiting = false;
    this.placement.called(target);
    this.#call(target);
  }

  refused(why: Problem): void {
    this.#waiting = false;
    if (!this.#fallBack()) this.#fail(why);
  }

  /** Goes on with the next model that may answer instead; false when there is none. */
  #fallBack(): boolean {
    if (!this.placement.fallBack()) return false;
    this.shared.metrics.fallbacks += 1;
    this.#metrics = this.shared.metrics.call(this.placement.route.model.name, this.call.operation);
    this.waitUntil = 0;
    this.#place();
    return true;
  }

  /** Another attempt, where one may help; false when this was the last. */
  #again(lost: "answer" | "connection" | "never-sent"): boolean {
    const retry = this.placement.retry(lost, Date.now() - this.#at);
    this.#phase = "placing";
    this.#upstream = undefined;
    if (retry === undefined) return this.#fallBack();
    this.shared.metrics.retries += 1;
    if (retry === 0) this.#place();
    else setTimeout(() => this.#placeLater(), retry);
    return true;
  }

  #placeLater(): void {
    if (this.#phase !== "placing") return;
    if (this.#out.gone) this.#settleGone();
    else this.#place();
  }

  // ------------------------------------------------------------------------------------------------ the call

  #call(target: RoutedTarget): void {
    this.#phase = "calling";
    const upstream = new UpstreamCall(this.placement.route, target, this.call, this);
    this.#upstream = upstream;
    if (!this.#intended) {
      this.#intended = true;
      const { organisation, keyId } = this.principal;
      const { operation, inputEstimate: inputTokens } = this.call;
      const model = this.placement.route.model.name;
      this.shared.journal.intent(
        { id: this.id, at: this.#at, organisation, keyId, model, operation, inputTokens },
        this,
      );
      // The log may have refused at once.
      if (this.#phase !== "calling") return;
    }
    upstream.send(this.id, this.#trace);
  }

  /**
   * The answer of the upstream is complete: settle, then let go of its end. What of a stream came together with its end
   * (`before`) goes out together with it: one packet less for each answer.
   */
  complete(answer: UpstreamAnswer, before: Buffer | undefined): void {
    const { shape, status } = answer;
    this.#upstream?.release("well");
    const document = shape === undefined ? answer.document() : undefined;
    const { counted, estimated } = answer.counted(document);
    const last = document === undefined ? shape?.tail(counted) : this.#out.begun ? document : this.call.whole(document);
    if (last !== undefined && !Buffer.isBuffer(last)) {
      this.#fail(last);
      return;
    }
    this.#last = before === undefined ? (last ?? nothing) : Buffer.concat([before, last ?? nothing]);
    this.#out.status = status;
    this.#out.contentType = answer.contentType;
    this.#settle(status, counted, estimated);
  }

  /** The upstream answered with an error. Another server (or model) is asked where that may help. */
  refusedUpstream(answer: UpstreamAnswer): void {
    const upstream = answer.status;
    const ofServer = upstream >= 500 || upstream === 429;
    // A server that says when to come again has not begun: it is starting, or full, but not broken.
    const notBegun = upstream === 503 && answer.retryAfter !== undefined;
    this.#upstream?.release(notBegun ? "not-begun" : ofServer ? "failed" : "well");
    if (ofServer && this.#again(notBegun ? "never-sent" : "answer")) return;
    const body = answer.document();
    const status = statusForClient(upstream);
    const said = messageIn(body);
    // An upstream that speaks OpenAI has said it in the right shape already.
    const inShape = this.call.api === "openai" && upstream === status && said !== undefined;
    const model = this.placement.route.model.name;
    const why = problem("upstream_failed", said ?? `the server of ${model} answered ${upstream}`);
    this.#last = inShape ? body : Buffer.from(problemBody(this.call.api, why));
    this.#out.status = status;
    this.#out.contentType = "application/json";
    if (answer.retryAfter !== undefined) this.response.setHeader("retry-after", answer.retryAfter);
    this.#settle(status, nothingCounted, false);
  }

  /** The connection failed: before the first byte the call is made again, afterwards the answer ends as broken. */
  broke(reason: string, neverSent: boolean): void {
    const { gone, begun } = this.#out;
    this.#upstream?.release(gone ? "well" : "failed");
    if (gone) {
      this.#settleGone();
      return;
    }
    const model = this.placement.route.model.name;
    const facts = { traceId: this.#trace.traceId, requestId: this.id, model, reason };
    if (!begun) {
      this.#out.reset();
      if (this.#again(neverSent ? "never-sent" : "connection")) return;
      this.shared.log.warn(facts, "upstream failed");
      this.#fail(problem("upstream_failed", `the server of ${model} failed: ${reason}`));
      return;
    }
    this.shared.log.warn(facts, "upstream failed in the middle of its answer");
    const why = problem("upstream_failed", `the server of ${model} failed in the middle of its answer`);
    const shape = this.#upstream?.answer?.shape;
    if (shape === undefined) this.#out.cut();
    else this.#last = shape.broken(why);
    const { counted, estimated } = this.#soFar();
    this.#settle(why.status, counted, estimated);
  }

  // ------------------------------------------------------------------------------------------------ the answer

  arrived(answer: UpstreamAnswer, bytes: Buffer): boolean {
    this.#out.status = answer.status;
    this.#out.contentType = answer.contentType;
    this.#out.model = this.placement.route.model.name;
    this.#out.send(bytes);
    const now = Date.now();
    if (now - this.#checkpointAt >= checkpointEvery) {
      if (this.#checkpointAt > 0) this.shared.journal.checkpoint(this.id, this.#soFar().counted.outputTokens);
      this.#checkpointAt = now;
    }
    if (!this.#out.full) return true;
    this.#out.stalls();
    this.response.once("drain", () => this.#drained());
    return false;
  }

  #soFar(): { readonly counted: Counted; readonly estimated: boolean } {
    return (
      this.#upstream?.answer?.counted(undefined) ?? {
        counted: { inputTokens: this.call.inputEstimate, outputTokens: 0 },
        estimated: true,
      }
    );
  }

  // ------------------------------------------------------------------------------------------------ the end

  /** A problem before the first byte. Counted when an upstream was asked, because it may have worked for nothing. */
  #fail(why: Problem): void {
    this.#out.status = why.status;
    this.#out.contentType = "application/json";
    this.#last = Buffer.from(problemBody(this.call.api, why));
    if (why.retryAfter !== undefined) this.response.setHeader("retry-after", why.retryAfter);
    if (this.#intended) this.#settle(why.status, nothingCounted, false);
    else {
      this.shared.metrics.refuse(why.code);
      this.#finish();
    }
  }

  /** The client left; what was produced until then is counted. */
  #settleGone(): void {
    const { counted, estimated } = this.#soFar();
    this.#settle(499, counted, estimated);
  }

  #settle(status: number, { inputTokens, outputTokens }: Counted, estimated: boolean): void {
    this.#phase = "settling";
    this.#settledStatus = status;
    const { organisation, keyId } = this.principal;
    const { route } = this.placement;
    this.#out.model = route.model.name;
    this.#metrics.input.observe(inputTokens);
    this.#metrics.output.observe(outputTokens);
    route.tokens += inputTokens + outputTokens;
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
        durationMs: Math.round(performance.now() - this.#began),
        estimated,
      },
      this,
    );
  }

  journaled(step: "intent" | "settled"): void {
    if (step === "intent") this.#out.open();
    else this.#finish();
  }

  /** The usage log cannot be written: nothing is answered that would not be counted, nor counted that is not answered. */
  notJournaled(): "owed" | "void" {
    const { begun } = this.#out;
    if (this.#phase !== "done") this.#uncountable(begun);
    return begun ? "owed" : "void";
  }

  #uncountable(begun: boolean): void {
    this.#phase = "done";
    if (this.#waiting) this.placement.route.leave(this);
    this.#upstream?.abandon();
    this.#upstream?.release("well");
    this.shared.metrics.refuse("usage_unavailable");
    this.shared.bodies.release(this.bodyBytes);
    const why = "usage cannot be recorded at the moment, so nothing is answered";
    if (begun) this.response.destroy();
    else refuse(this.response, this.call.api, problem("usage_unavailable", why, { retryAfter: 5 }), this.id);
  }

  #finish(): void {
    this.#phase = "done";
    this.#out.end(this.#last);
    this.shared.bodies.release(this.bodyBytes);
    const status = this.#settledStatus;
    if (status === 0) return;
    const milliseconds = performance.now() - this.#began;
    const answeredAt = this.#upstream?.answeredAt ?? 0;
    const firstByte = answeredAt === 0 ? 0 : answeredAt - this.#began;
    this.#metrics.answered(status, milliseconds / 1000, firstByte / 1000);
    if (this.shared.tracer !== undefined) {
      const model = this.placement.route.model.name;
      const path = this.request.url ?? "";
      this.shared.tracer.record(spanOf(this.#trace, this.call, { model, path, status, at: this.#at, milliseconds }));
    }
  }

  #drained(): void {
    this.#out.flows();
    this.#upstream?.resume();
  }

  #closed(): void {
    if (this.#phase === "done" || this.#out.gone) return;
    this.#out.gone = true;
    this.shared.metrics.clientsLeft += 1;
    if (this.#waiting) {
      this.placement.route.leave(this);
      this.#waiting = false;
      if (this.#intended) this.#settleGone();
      else this.#finish();
    } else if (this.#phase === "calling") {
      this.#upstream?.cancel();
    } else if (this.#phase === "placing" && !this.#intended) this.#finish();
  }
}
