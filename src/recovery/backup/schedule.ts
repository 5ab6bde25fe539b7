import type { BackupSchedule } from "../../plan/plan.js";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Steps of a clock that is synchronised are smaller. */
const CLOCK_TOLERANCE_MS = 60_000;

/**
 * When the next full backup is due, in epoch milliseconds. Immediately if there is none, because the log alone restores
 * nothing. With a time of day: the next such time (UTC) after the newest backup, in steps of whole days.
 */
export function nextBackup(
  schedule: Pick<BackupSchedule, "every" | "at">,
  newest: number | undefined,
  now: number,
): number {
  // A backup of the future was taken while the clock was wrong: waiting for that time could take years.
  if (newest === undefined || newest > now + CLOCK_TOLERANCE_MS) return now;
  if (schedule.at === undefined || schedule.every < DAY_MS) return newest + schedule.every;
  const [hours = 0, minutes = 0] = schedule.at.split(":").map(Number);
  const midnight = Math.floor(newest / DAY_MS) * DAY_MS;
  const days = Math.max(1, Math.round(schedule.every / DAY_MS));
  const sameDay = midnight + (hours * 60 + minutes) * 60_000;
  // A manual backup in between does not postpone the scheduled one by a whole period.
  return sameDay > newest ? sameDay : sameDay + days * DAY_MS;
}
