import { setTimeout as sleep } from "node:timers/promises";
import type { Milliseconds } from "../../plan/plan.js";

export interface RetryOptions {
  /** Maximum time from the first attempt to the start of the last one; infinite to repeat until success or `signal`. */
  readonly timeout: Milliseconds;
  /** Whether this failure is transient. */
  readonly retry: (error: unknown) => boolean;
  readonly signal?: AbortSignal;
  /** Called with the failure before each further attempt. */
  readonly onRetry?: (error: unknown) => void;
}

const MIN_BACKOFF_MS = 25;
const MAX_BACKOFF_MS = 1_000;

/** Repeats `attempt` until it succeeds, fails for good, or `timeout` is over. The backoff doubles from 25 ms to 1 s. */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const deadline = Date.now() + options.timeout;
  for (let backoff = MIN_BACKOFF_MS; ; backoff = Math.min(backoff * 2, MAX_BACKOFF_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (options.signal?.aborted || Date.now() + backoff > deadline || !options.retry(error)) throw error;
      options.onRetry?.(error);
    }
    await sleep(backoff, undefined, options.signal ? { signal: options.signal } : {}).catch(() => {});
  }
}
