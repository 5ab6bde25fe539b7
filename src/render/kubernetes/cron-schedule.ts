import type { BackupSchedule } from "../../plan/plan.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * A cron expression in UTC that runs at least as often as the schedule requires. Cron supports only intervals that divide
 * an hour, a day or a week: any other becomes the next shorter one, so that no backup is older than promised.
 */
export function cronSchedule(schedule: Pick<BackupSchedule, "every" | "at">): string {
  const [atHour, atMinute] = timeOfDay(schedule.at);
  if (schedule.every >= 7 * DAY_MS) return `${atMinute} ${atHour} * * 0`;
  if (schedule.every >= DAY_MS) return `${atMinute} ${atHour} * * *`;
  if (schedule.every >= HOUR_MS) {
    const hours = largestDivisor(24, schedule.every / HOUR_MS);
    return `${atMinute} ${hours === 1 ? "*" : `*/${hours}`} * * *`;
  }
  const minutes = largestDivisor(60, Math.max(1, schedule.every / MINUTE_MS));
  return `${minutes === 1 ? "*" : `*/${minutes}`} * * * *`;
}

/** 02:00 by default: the hour with the least load on most platforms. */
function timeOfDay(at: string | undefined): [hour: number, minute: number] {
  const [hours, minutes] = (at ?? "02:00").split(":").map(Number);
  return [hours ?? 2, minutes ?? 0];
}

/** The largest divisor of `dividend` that does not exceed `maximum`. */
function largestDivisor(dividend: number, maximum: number): number {
  for (let candidate = Math.min(dividend, Math.floor(maximum)); candidate > 1; candidate -= 1)
    if (dividend % candidate === 0) return candidate;
  return 1;
}
