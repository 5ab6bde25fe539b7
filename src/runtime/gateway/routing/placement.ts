import { meaningOf, type Result, type RetryPolicy } from "./health.js";
import type { ModelRoute } from "./model-route.js";
import type { Router } from "./router.js";
import type { RoutedTarget } from "./target.js";

/** Attempts of one request at one model that may have reached a server, the first one included. */
export const MAX_ATTEMPTS = 3;
const FIRST_BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 1_000;

/**
 * The servers that one request has tried, and the next one: another server of its model, then the model's fallbacks.
 * Times are epoch milliseconds unless a name ends in Ms.
 */
export class Placement {
  #attempts = 0;
  #fallback = 0;
  #last: RoutedTarget | undefined;
  #tried: Set<RoutedTarget> | undefined;
  readonly #fallbacks: readonly string[];

  constructor(
    private readonly router: Pick<Router, "route">,
    public route: ModelRoute,
    private readonly allowed: readonly string[] | undefined,
  ) {
    this.#fallbacks = route.model.fallbacks;
    route.countRequest();
  }

  /** Targets of the current model that were tried; undefined before the first retry. */
  get tried(): ReadonlySet<RoutedTarget> | undefined {
    return this.#tried;
  }

  /** Acquires a slot at a target; undefined when the request has to wait. */
  take(now: number): RoutedTarget | undefined {
    return this.route.take(this.#tried, now);
  }

  /** Counts an attempt at a target. */
  attempt(target: RoutedTarget): void {
    this.#attempts += 1;
    this.#last = target;
  }

  /**
   * How long to wait (milliseconds) before another attempt at this model, given the result of the last one; undefined when
   * there is no further attempt. `ageMs`: time since the request arrived. Takes from the model's retry budget.
   */
  retry(result: Result, ageMs: number, now: number): number | undefined {
    const { retry } = meaningOf(result);
    if (retry === "never") return undefined;
    const { targets } = this.route;
    this.#tried ??= new Set();
    const tried = this.#tried;
    if (this.#last !== undefined) tried.add(this.#last);
    const untried = targets.filter((target) => !tried.has(target));
    if (!this.#mayRetry(retry, untried, ageMs, now)) return undefined;
    if (untried.length === 0) this.#tried = undefined;
    // Another server is tried at once; the same one after a pause.
    return this.#tried !== undefined ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#attempts);
  }

  #mayRetry(
    policy: Exclude<RetryPolicy, "never">,
    untried: readonly RoutedTarget[],
    ageMs: number,
    now: number,
  ): boolean {
    const { route } = this;
    const attemptsLeft = this.#attempts < MAX_ATTEMPTS;
    switch (policy) {
      case "elsewhere":
        return attemptsLeft && untried.some(({ ejectedUntil }) => ejectedUntil <= now) && route.takeRetry();
      case "anywhere":
        return attemptsLeft;
      case "until-deadline": {
        // Another model may be available at once, which is better than a long wait.
        const lastModel = this.#fallback >= this.#fallbacks.length;
        return attemptsLeft || (lastModel && ageMs < route.model.queue.deadline);
      }
    }
  }

  /** Switches to the next fallback of the model; false if there is none. */
  fallBack(): boolean {
    for (;;) {
      const name = this.#fallbacks[this.#fallback];
      if (name === undefined) return false;
      this.#fallback += 1;
      const route = this.router.route(name);
      if (route === undefined || (this.allowed !== undefined && !this.allowed.includes(name))) continue;
      this.route = route;
      this.#attempts = 0;
      this.#last = undefined;
      this.#tried = undefined;
      route.countRequest();
      return true;
    }
  }
}
