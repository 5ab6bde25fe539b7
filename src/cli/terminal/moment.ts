import { KeelsonError } from "../../errors/keelson-error.js";
import { readDuration } from "../../platform-file/format.js";

/**
 * Parses a point in time: `2026-05-04`, `2026-05-04T13:00:00Z`, or a duration (`24h`) before or after `now`. Returns ISO 8601.
 * @throws KeelsonError `usage/moment` (exit code 2).
 */
export function readMoment(option: string, text: string, direction: "ago" | "ahead", now: number): string {
  const duration = readDuration(text);
  if (duration.ok) return new Date(direction === "ago" ? now - duration.value : now + duration.value).toISOString();
  const [, day, time, offset] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  // A time without an offset is UTC, like all times that are printed.
  const moment = Date.parse(`${day}T${time ?? "00:00"}${offset ?? "Z"}`);
  if (day !== undefined && !Number.isNaN(moment) && isCalendarDate(day)) return new Date(moment).toISOString();
  throw new KeelsonError("usage/moment", `${option} ${text} is neither a time nor a duration`, {
    hint: `use 2026-05-04, 2026-05-04T13:00:00Z, or 24h for 24 hours ${direction === "ago" ? "ago" : "from now"}`,
  });
}

/** Whether the date exists: `Date` parses 30 February as 2 March. */
function isCalendarDate(day: string): boolean {
  const date = new Date(`${day}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
