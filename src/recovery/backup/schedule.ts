import type { BackupSchedule } from "../../plan/plan.js";

const DAY = 24 * 60 * 60 * 1000;

/**
 * When the next whole copy is due, epoch milliseconds. At once when there is none yet, since the log alone restores
 * nothing. With a time of day: the next such moment (UTC) after the newest copy, in steps of whole days.
 */
export function nextBackup(
  schedule: Pick<BackupSchedule, "every" | "at">,
  newest: number | undefined,
  now: number,
): number {
  if (newest === undefined) return now;
  if (schedule.at === undefined || schedule.every < DAY) return newest + schedule.every;
  const [hours = 0, minutes = 0] = schedule.at.split(":").map(Number);
  const midnight = Math.floor(newest / DAY) * DAY;
  const days = Math.max(1, Math.round(schedule.every / DAY));
  const sameDay = midnight + (hours * 60 + minutes) * 60_000;
  // A copy that was asked for by hand in between does not put off the scheduled one by a whole period.
  return sameDay > newest ? sameDay : sameDay + days * DAY;
}
