import type { Model } from "../../../plan/plan.js";
import type { Target } from "../../engine/client.js";
import { type Problem, problem } from "../problem.js";
import { pick } from "./pick.js";
import { RoutedTarget } from "./target.js";

/** A request that waits for a target. */
export interface Waiter {
  /** Indices (as bits) of targets that it has tried already. */
  readonly tried: number;
  /** Epoch milliseconds after which it waits no longer. */
  waitUntil: number;
  granted(target: RoutedTarget): void;
  refused(why: Problem): void;
}

/** Retries are at most this share of the requests, with some spare: a failing server is not buried under them. */
const retryShare = 0.2;
const retrySpare = 20;

/** The targets of one model, and the bounded queue before them. */
export class ModelRoute {
  #targets: RoutedTarget[] = [];
  readonly #queue: Waiter[] = [];
  #turn = 0;
  #retries = retrySpare;
  requests = 0;
  tokens = 0;
  queueRefusals = 0;

  constructor(readonly model: Model) {}

  get targets(): readonly RoutedTarget[] {
    return this.#targets;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Takes over what the engines serve now. Known targets keep their state; gone ones finish what they have. */
  update(targets: readonly Target[], now: number): void {
    const known = new Map(this.#targets.map((routed) => [keyOf(routed.target), routed]));
    const next = targets.map((target) => {
      const routed = known.get(keyOf(target));
      if (routed === undefined) return new RoutedTarget(target, Math.max(1, this.model.concurrency), now);
      routed.target = target;
      known.delete(keyOf(target));
      return routed;
    });
    // The first targets of a model have nobody to ease into the work beside.
    this.#targets = next;
    for (const gone of known.values()) gone.retire();
    this.#serveQueue(now);
  }

  /** True when some target is up, busy or not. */
  available(now: number): boolean {
    return this.#targets.some(({ ejectedUntil }) => ejectedUntil <= now);
  }

  /** The best target with room, at once; undefined when the request would have to wait. */
  take(tried: number, now: number): RoutedTarget | undefined {
    if (this.#queue.length > 0 && tried === 0) return undefined;
    return this.#take(tried, now);
  }

  #take(tried: number, now: number): RoutedTarget | undefined {
    this.#turn = (this.#turn + 1) | 0;
    const targets = this.#targets;
    // A model with one target may try that one again: there is no other.
    const index = pick(targets, now, this.#turn >>> 0, targets.length > 1 ? tried : 0);
    const target = targets[index];
    if (target !== undefined) target.inFlight += 1;
    return target;
  }

  /** Waits for a target; refused at once when the queue is full. `waiter.waitUntil` is set on its first wait. */
  wait(waiter: Waiter, now: number): void {
    const { length, deadline } = this.model.queue;
    if (this.#queue.length >= length) {
      this.queueRefusals += 1;
      waiter.refused(
        problem("queue_full", `the queue of ${this.model.name} is full (${length} requests wait)`, {
          retryAfter: this.retryAfter(),
        }),
      );
      return;
    }
    if (waiter.waitUntil === 0) waiter.waitUntil = now + deadline;
    this.#queue.push(waiter);
  }

  /** The waiter has gone. */
  leave(waiter: Waiter): void {
    const at = this.#queue.indexOf(waiter);
    if (at >= 0) this.#queue.splice(at, 1);
  }

  /** A request is done with its target; the next one in the queue gets the place. */
  release(target: RoutedTarget, now: number): void {
    target.inFlight -= 1;
    if (this.#queue.length > 0) this.#serveQueue(now);
  }

  /** Looks at deadlines, and at targets whose ejection is over. To be called some times a second. */
  tick(now: number): void {
    if (this.#queue.length === 0) return;
    this.#serveQueue(now);
    for (let at = 0; at < this.#queue.length; ) {
      const waiter = this.#queue[at];
      if (waiter === undefined || waiter.waitUntil > now) {
        at += 1;
        continue;
      }
      this.#queue.splice(at, 1);
      waiter.refused(this.#deadlineProblem(now));
    }
  }

  /** Counts a request, which earns a share of a retry. */
  began(): void {
    this.requests += 1;
    this.#retries = Math.min(retrySpare, this.#retries + retryShare);
  }

  mayRetry(): boolean {
    if (this.#retries < 1) return false;
    this.#retries -= 1;
    return true;
  }

  /** Seconds until a place is likely to be free, from the queue and what answers take. */
  retryAfter(): number {
    const places = this.#targets.reduce((sum, { limit }) => sum + limit, 0);
    const slowest = this.#targets.reduce((most, { ewmaMs }) => Math.max(most, ewmaMs), 500);
    if (places === 0) return 5;
    return Math.max(1, Math.min(60, Math.ceil(((this.#queue.length / places + 1) * slowest) / 1000)));
  }

  close(): void {
    for (const target of this.#targets) target.retire();
    for (const waiter of this.#queue.splice(0))
      waiter.refused(problem("model_unavailable", "the platform is stopping"));
  }

  #serveQueue(now: number): void {
    for (;;) {
      const waiter = this.#queue[0];
      if (waiter === undefined) return;
      const target = this.#take(waiter.tried, now);
      if (target === undefined) return;
      this.#queue.shift();
      waiter.granted(target);
    }
  }

  #deadlineProblem(now: number): Problem {
    const seconds = Math.round(this.model.queue.deadline / 100) / 10;
    const retryAfter = this.retryAfter();
    return this.available(now)
      ? problem("queue_deadline", `no place at ${this.model.name} became free within ${seconds} s`, { retryAfter })
      : problem("model_unavailable", `no server of ${this.model.name} became ready within ${seconds} s`, {
          retryAfter,
        });
  }
}

/** A target at another address is another target. */
function keyOf({ id, url }: Target): string {
  return `${id} ${url}`;
}
