import { setTimeout as sleep } from "node:timers/promises";

export interface Patience {
  /** Longest time in all, in milliseconds. */
  readonly within: number;
  /** Whether this failure is worth another attempt. */
  readonly retry: (error: unknown) => boolean;
  readonly signal?: AbortSignal;
}

const firstPause = 25;
const longestPause = 1_000;

/** Tries until it works, the failure is not worth another attempt, or time is up; pauses double from 25 ms to 1 s. */
export async function patiently<T>(attempt: () => Promise<T>, patience: Patience): Promise<T> {
  const deadline = Date.now() + patience.within;
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await attempt();
    } catch (error) {
      if (patience.signal?.aborted || Date.now() + pause > deadline || !patience.retry(error)) throw error;
    }
    await sleep(pause, undefined, patience.signal ? { signal: patience.signal } : {}).catch(() => {});
  }
}
