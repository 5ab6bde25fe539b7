import { cronInterval } from "../../plan/cron-interval.js";
import type { BackupSchedule } from "../../plan/plan.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A cron expression in UTC for a schedule, at the interval that cron knows. */
export function cronSchedule(schedule: Pick<BackupSchedule, "every" | "at">): string {
  const [atHour, atMinute] = timeOfDay(schedule.at);
  const every = cronInterval(schedule.every);
  if (every > DAY_MS) return `${atMinute} ${atHour} * * 0`;
  if (every === DAY_MS) return `${atMinute} ${atHour} * * *`;
  if (every >= HOUR_MS) return `${atMinute} ${step(every / HOUR_MS)} * * *`;
  return `${step(every / MINUTE_MS)} * * * *`;
}

function step(interval: number): string {
  return interval === 1 ? "*" : `*/${interval}`;
}

/** 02:00 by default: the hour with the least load on most platforms. */
function timeOfDay(at: string | undefined): [hour: number, minute: number] {
  const [hours, minutes] = (at ?? "02:00").split(":").map(Number);
  return [hours ?? 2, minutes ?? 0];
}
