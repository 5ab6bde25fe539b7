import { meaningOf, type Result, type RetryPolicy } from "./health.js";
import type { ModelRoute } from "./model-route.js";
import { hasUntried, type Tried } from "./pick.js";
import type { Router } from "./router.js";
import type { RoutedTarget } from "./target.js";

/** Attempts of one request at one model that may have reached a server, the first one included. */
export const MAX_ATTEMPTS = 3;
/** Engines that may end while they process one request. More than one such end is no coincidence. */
const MAX_ENGINES_LOST = 2;
const FIRST_BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 1_000;

/**
 * The servers that one request has tried, and the next one: another server of its model, then the model's fallbacks.
 * Times are epoch milliseconds unless a name ends in Ms.
 */
export class Placement {
  #attempts = 0;
  #enginesLost = 0;
  #fallback = 0;
  #last: RoutedTarget | undefined;
  #tried: Map<RoutedTarget, "excluded" | "avoided"> | undefined;
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
  get tried(): Tried<RoutedTarget> | undefined {
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
    this.#tried ??= new Map();
    const tried = this.#tried;
    if (this.#last !== undefined) tried.set(this.#last, retry === "elsewhere" ? "excluded" : "avoided");
    const untried = hasUntried(this.route.targets, now, tried);
    if (!this.#mayRetry(retry, untried, ageMs, now)) return undefined;
    // Another server is tried at once; the same one after a pause.
    if (untried) return 0;
    for (const [target, past] of tried) if (past === "avoided") tried.delete(target);
    return Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#attempts);
  }

  #mayRetry(policy: Exclude<RetryPolicy, "never">, untried: boolean, ageMs: number, now: number): boolean {
    const { route } = this;
    const attemptsLeft = this.#attempts < MAX_ATTEMPTS;
    switch (policy) {
      case "elsewhere":
        return attemptsLeft && untried && route.takeRetry();
      case "anywhere":
        return attemptsLeft;
      case "once":
        this.#enginesLost += 1;
        return this.#enginesLost < MAX_ENGINES_LOST;
      case "until-deadline": {
        // Another model may be available at once, which is better than a long wait.
        return attemptsLeft || (ageMs < route.model.queue.deadline && this.#nextAvailable(now) === undefined);
      }
    }
  }

  /**
   * Switches to the next fallback that is available and that the key may use; false if there is none. The request then
   * stays at its model: it is served there as soon as that model is available, and a refusal names that model.
   */
  fallBack(now: number): boolean {
    const next = this.#nextAvailable(now);
    if (next === undefined) return false;
    this.#fallback = next.index + 1;
    this.route = next.route;
    this.#attempts = 0;
    this.#last = undefined;
    this.#tried = undefined;
    next.route.countRequest();
    return true;
  }

  #nextAvailable(now: number): { readonly index: number; readonly route: ModelRoute } | undefined {
    for (let index = this.#fallback; index < this.#fallbacks.length; index += 1) {
      const name = this.#fallbacks[index];
      if (name === undefined || (this.allowed !== undefined && !this.allowed.includes(name))) continue;
      const route = this.router.route(name);
      if (route?.available(now)) return { index, route };
    }
    return undefined;
  }
}
