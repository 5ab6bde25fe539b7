import type { Model } from "../../../plan/plan.js";
import type { Target } from "../../engine/client.js";
import { type Problem, problem } from "../problem.js";
import { pick, type Tried } from "./pick.js";
import { type Waiter, WaitQueue } from "./queue.js";
import { RoutedTarget } from "./target.js";

/** A request that waits for a target of its model, or is refused. */
export interface RouteWaiter extends Waiter<RoutedTarget> {
  /** 0 until its first wait; then epoch milliseconds. The same deadline applies to all its waits at one model. */
  waitUntil: number;
  refused(why: Problem): void;
}

/** A response whose client does not read it, and which holds a slot until it does. */
export interface StalledResponse {
  /** Epoch milliseconds since which the client has read nothing. */
  readonly stalledAt: number;
  /** Disconnects the client. */
  giveUp(): void;
}

/** A client that reads nothing of its response for this time is disconnected … */
const STALL_TIMEOUT_MS = 60_000;
/** … and after this time if other requests wait for a slot: those of all organisations share them. */
const CONTENDED_STALL_TIMEOUT_MS = 5_000;

/** Retry budget: retries are at most this share of the requests, so that a failing server is not overloaded by them … */
const RETRY_RATIO = 0.2;
/** … plus a reserve of this many. */
const RETRY_RESERVE = 20;

/** Estimated duration of a request before the model has served one. */
const MIN_RETRY_ESTIMATE_MS = 500;
const MAX_RETRY_AFTER_SECONDS = 60;
/** `Retry-After` while the model has no server. */
const UNAVAILABLE_RETRY_AFTER_SECONDS = 5;

/** The targets of one model and the bounded queue in front of them. `now` is epoch milliseconds everywhere. */
export class ModelRoute {
  #targets: RoutedTarget[] = [];
  readonly #queue: WaitQueue<RoutedTarget, RouteWaiter>;
  #turn = 0;
  #retryBudget = RETRY_RESERVE;
  #failure: string | undefined;
  readonly stalled = new Set<StalledResponse>();
  requests = 0;
  tokens = 0;

  constructor(readonly model: Model) {
    this.#queue = new WaitQueue(model.queue.length);
  }

  get targets(): readonly RoutedTarget[] {
    return this.#targets;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Replaces the targets by those that the engines report. Targets that remain keep their state; the others complete their requests.
   * `failure`: why there are none and will be none soon; requests are refused with it instead of waiting.
   */
  update(targets: readonly Target[], now: number, failure?: string): void {
    this.#failure = failure;
    const previous = new Map(this.#targets.map((routed) => [keyOf(routed.target), routed]));
    this.#targets = targets.map((target) => {
      const routed = previous.get(keyOf(target));
      if (routed === undefined) return new RoutedTarget(target, this.model.concurrency, now);
      routed.target = target;
      previous.delete(keyOf(target));
      return routed;
    });
    for (const removed of previous.values()) removed.retire();
    this.#serveQueue(now);
    if (failure !== undefined) for (const waiter of this.#queue.drain()) waiter.refused(this.#failureProblem(failure));
  }

  /** True when some target is not ejected, whether or not it has room. */
  available(now: number): boolean {
    return this.#targets.some(({ ejectedUntil }) => ejectedUntil <= now);
  }

  /** Acquires a slot at the best target; undefined if the request has to wait. Queued requests come first. */
  take(tried: Tried<RoutedTarget> | undefined, now: number): RoutedTarget | undefined {
    if (this.#queue.length > 0) this.#serveQueue(now);
    return this.#take(tried, now);
  }

  #take(tried: Tried<RoutedTarget> | undefined, now: number): RoutedTarget | undefined {
    this.#turn = (this.#turn + 1) >>> 0;
    const target = pick(this.#targets, now, this.#turn, tried);
    if (target !== undefined) target.inFlight += 1;
    return target;
  }

  /** Queues a request that got no slot; refuses it when the queue is full, or its owner's share of it. */
  wait(waiter: RouteWaiter, now: number): void {
    if (this.#failure !== undefined) {
      waiter.refused(this.#failureProblem(this.#failure));
      return;
    }
    const { length, deadline } = this.model.queue;
    if (waiter.waitUntil === 0) waiter.waitUntil = now + deadline;
    if (this.#queue.push(waiter, now)) return;
    const full = this.#queue.length >= length ? "the queue" : "your share of the queue";
    waiter.refused(
      problem("queue_full", `${full} of ${this.model.name} is full (${this.#queue.length} requests are waiting)`, {
        retryAfter: this.retryAfter(),
      }),
    );
  }

  /** Removes a waiter whose client disconnected. */
  leave(waiter: RouteWaiter): void {
    this.#queue.remove(waiter);
  }

  /** Releases the slot of a finished request, for the next waiter. */
  release(target: RoutedTarget, now: number): void {
    target.inFlight -= 1;
    if (this.#queue.length > 0) this.#serveQueue(now);
  }

  /** Grants targets whose ejection has ended and refuses requests that reached their deadline. Called every TICK_MS. */
  tick(now: number): void {
    if (this.stalled.size > 0) this.#endStalled(now);
    if (this.#queue.length === 0) return;
    this.#serveQueue(now);
    for (const waiter of this.#queue.expire(now)) waiter.refused(this.#deadlineProblem(now));
  }

  /** Counts a new request, which adds to the retry budget. */
  countRequest(): void {
    this.requests += 1;
    this.#retryBudget = Math.min(RETRY_RESERVE, this.#retryBudget + RETRY_RATIO);
  }

  /** Takes one retry from the budget; false if the budget is exhausted. */
  takeRetry(): boolean {
    if (this.#retryBudget < 1) return false;
    this.#retryBudget -= 1;
    return true;
  }

  /** Seconds until a slot is likely to be free: the requests ahead, times what a request takes at the slowest target. */
  retryAfter(): number {
    const slots = this.#targets.reduce((sum, { limit }) => sum + limit, 0);
    if (slots === 0) return UNAVAILABLE_RETRY_AFTER_SECONDS;
    const durationMs = this.#targets.reduce(
      (max, { health }) => Math.max(max, health.durationMs),
      MIN_RETRY_ESTIMATE_MS,
    );
    const seconds = Math.ceil(((this.#queue.length / slots + 1) * durationMs) / 1000);
    return Math.max(1, Math.min(MAX_RETRY_AFTER_SECONDS, seconds));
  }

  close(): void {
    for (const target of this.#targets) target.retire();
    for (const waiter of this.#queue.drain()) waiter.refused(problem("model_unavailable", "the platform is stopping"));
  }

  #endStalled(now: number): void {
    const limitMs = this.#queue.length > 0 ? CONTENDED_STALL_TIMEOUT_MS : STALL_TIMEOUT_MS;
    for (const response of this.stalled) {
      if (now - response.stalledAt < limitMs) continue;
      this.stalled.delete(response);
      response.giveUp();
    }
  }

  #serveQueue(now: number): void {
    this.#queue.serve((tried) => this.#take(tried, now));
  }

  #failureProblem(failure: string): Problem {
    return problem("model_unavailable", `no server of ${this.model.name} is available: ${failure}`, {
      retryAfter: this.retryAfter(),
    });
  }

  #deadlineProblem(now: number): Problem {
    const seconds = Math.round(this.model.queue.deadline / 100) / 10;
    const retryAfter = this.retryAfter();
    return this.available(now)
      ? problem("queue_deadline", `no slot of ${this.model.name} became free within ${seconds} s`, { retryAfter })
      : problem("model_unavailable", `no server of ${this.model.name} became ready within ${seconds} s`, {
          retryAfter,
        });
  }
}

/** A target at another address is another target. */
function keyOf({ id, url }: Target): string {
  return `${id} ${url}`;
}
