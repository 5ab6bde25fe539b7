import { SHORTEST_CRON_INTERVAL } from "../plan/cron-interval.js";
import type { BackupSchedule, Milliseconds } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";
import { formatSchedule } from "../platform-file/schedule.js";
import { longestIntervalWithin } from "../promises/intervals.js";
import { sum } from "../promises/prediction.js";
import { takenSchedule } from "../promises/terms/volume.js";
import type { BrokenPromise, CheckContext } from "./context.js";

/**
 * The edit that takes backups at the longest common interval that keeps a broken RPO; undefined if none is short enough. The first
 * term of its prediction is the interval. `minimum`: of the product that takes them.
 */
export function moreOften(
  { of, predicted, promised }: BrokenPromise,
  { path, every: now, keep }: BackupSchedule,
  minimum: Milliseconds,
): Edit | undefined {
  if (of !== "rpo" || predicted.kind !== "bounded") return undefined;
  const every = longestIntervalWithin(promised - sum(predicted.terms.slice(1)), now - 1, minimum);
  if (every === undefined) return undefined;
  return { path, value: formatSchedule({ every, keep: Math.max(keep, every) }) };
}

/** The same for the backups of the volume, or of the bucket, that a promise is about. */
export function moreOftenOfVolume(promise: BrokenPromise, { volumes }: CheckContext): readonly Edit[] {
  const volume = volumes.get(promise.row.path)?.volume;
  const schedule = volume && takenSchedule(volume);
  const edit = schedule && moreOften(promise, schedule, SHORTEST_CRON_INTERVAL.value);
  return edit ? [edit] : [];
}
