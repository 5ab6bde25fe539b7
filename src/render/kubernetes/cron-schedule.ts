import type { BackupSchedule, Milliseconds } from "../../plan/plan.js";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * A cron expression in UTC that runs at least as often as the schedule says. Cron knows no interval that does not divide
 * an hour, a day or a week: such a one becomes the next shorter that does, so that no backup is older than promised.
 */
export function cronSchedule(schedule: Pick<BackupSchedule, "every" | "at">): string {
  const [atHour, atMinute] = timeOfDay(schedule.at);
  if (schedule.every >= 7 * day) return `${atMinute} ${atHour} * * 0`;
  if (schedule.every >= day) return `${atMinute} ${atHour} * * *`;
  if (schedule.every >= hour) {
    const hours = largestDivisor(24, schedule.every / hour);
    return `${atMinute} ${hours === 1 ? "*" : `*/${hours}`} * * *`;
  }
  const minutes = largestDivisor(60, Math.max(1, schedule.every / minute));
  return `${minutes === 1 ? "*" : `*/${minutes}`} * * * *`;
}

/** 02:00 when no time was named: the quietest hour of most platforms. */
function timeOfDay(at: string | undefined): [hour: number, minute: number] {
  const [hours, minutes] = (at ?? "02:00").split(":").map(Number);
  return [hours ?? 2, minutes ?? 0];
}

function largestDivisor(whole: number, atMost: Milliseconds): number {
  for (let candidate = Math.min(whole, Math.floor(atMost)); candidate > 1; candidate -= 1)
    if (whole % candidate === 0) return candidate;
  return 1;
}
