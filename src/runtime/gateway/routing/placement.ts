import type { ModelRoute } from "./model-route.js";
import type { Router } from "./router.js";
import type { RoutedTarget } from "./target.js";

/** Calls of upstreams that may have begun to work, for one request, the first one included. */
const mostAttempts = 3;

/** What was lost of a call: its answer (an error came instead), its connection, or nothing, because it never began. */
export type Lost = "answer" | "connection" | "never-sent";

/** Which servers one request has tried, and where it may go next: other servers of its model, then the model's fallbacks. */
export class Placement {
  /** Indices (as bits) of the targets that were tried. */
  tried = 0;
  #attempts = 0;
  #fallback = 0;
  readonly #fallbacks: readonly string[];

  constructor(
    private readonly router: Router,
    public route: ModelRoute,
    private readonly allowed: readonly string[] | undefined,
  ) {
    this.#fallbacks = route.model.fallbacks;
    route.began();
  }

  /** A target with room, at once; undefined when the request has to wait. */
  take(now: number): RoutedTarget | undefined {
    return this.route.take(this.tried, now);
  }

  called(target: RoutedTarget): void {
    this.#attempts += 1;
    this.tried |= 1 << (this.route.targets.indexOf(target) & 31);
  }

  /**
   * How long to wait (milliseconds) before another attempt; undefined when none would help. A lost connection may come back
   * to the same server, which may be restarting; a call that was never sent is made again for as long as a request may wait
   * (unless another model may answer instead);
   * an error that was answered is taken to another server only, and not without bounds.
   */
  retry(lost: Lost, age: number): number | undefined {
    const { route } = this;
    const others = route.targets.length > 1;
    const last = this.#fallback >= this.#fallbacks.length;
    const patient = lost === "never-sent" && last && age < route.model.queue.deadline;
    const again = this.#attempts < mostAttempts && (lost !== "answer" || (others && route.mayRetry()));
    if (!patient && !again) return undefined;
    // Once all were tried, all may be tried again.
    if (bits(this.tried) >= route.targets.length) this.tried = 0;
    return others && this.tried !== 0 ? 0 : Math.min(1000, 25 * 2 ** this.#attempts);
  }

  /** Goes over to the next model that may answer instead; false when there is none. */
  fallBack(): boolean {
    for (;;) {
      const name = this.#fallbacks[this.#fallback];
      if (name === undefined) return false;
      this.#fallback += 1;
      const route = this.router.route(name);
      if (route === undefined || (this.allowed !== undefined && !this.allowed.includes(name))) continue;
      this.route = route;
      this.#attempts = 0;
      this.tried = 0;
      route.began();
      return true;
    }
  }
}

function bits(mask: number): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count += 1;
  return count;
}
