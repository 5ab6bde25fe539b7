import type { Milliseconds } from "./plan.js";
import { cite } from "./providers/product.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What a schedule in a cluster cannot be shorter than. */
export const SHORTEST_CRON_INTERVAL = cite(
  MINUTE_MS,
  "a cron schedule of Kubernetes has minutes as its smallest unit (kubernetes.io: CronJob, Schedule syntax; read 2026-11-30)",
);

/**
 * How often a schedule runs in a cluster. Cron knows only intervals that divide an hour, a day or a week: any other becomes the next
 * shorter one, so that no backup is older than promised; those below a minute become one minute.
 */
export function cronInterval(every: Milliseconds): Milliseconds {
  if (every >= 7 * DAY_MS) return 7 * DAY_MS;
  if (every >= DAY_MS) return DAY_MS;
  if (every >= HOUR_MS) return HOUR_MS * largestDivisor(24, every / HOUR_MS);
  return MINUTE_MS * largestDivisor(60, Math.max(1, every / MINUTE_MS));
}

/** The largest divisor of `dividend` that does not exceed `maximum`. */
function largestDivisor(dividend: number, maximum: number): number {
  for (let candidate = Math.min(dividend, Math.floor(maximum)); candidate > 1; candidate -= 1)
    if (dividend % candidate === 0) return candidate;
  return 1;
}
