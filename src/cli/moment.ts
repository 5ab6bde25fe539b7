import { KeelsonError } from "../errors/keelson-error.js";
import { readDuration } from "../platform-file/format.js";

/**
 * Reads a moment as people write it: `2026-05-04`, `2026-05-04T13:00:00Z`, or a duration (`24h`) before or after `now`.
 * @throws KeelsonError `usage/moment` (exit code 2).
 */
export function readMoment(option: string, text: string, direction: "ago" | "ahead", now: number): string {
  const duration = readDuration(text);
  if (duration.ok) return new Date(direction === "ago" ? now - duration.value : now + duration.value).toISOString();
  const [, day, time, offset] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  // As all hours that are shown, those without an offset are UTC.
  const moment = Date.parse(`${day}T${time ?? "00:00"}${offset ?? "Z"}`);
  if (day !== undefined && !Number.isNaN(moment) && isDay(day)) return new Date(moment).toISOString();
  throw new KeelsonError("usage/moment", `${option} ${text} is neither a moment nor a duration`, {
    hint: `write 2026-05-04, 2026-05-04T13:00:00Z, or 24h for 24 hours ${direction === "ago" ? "ago" : "from now"}`,
  });
}

/** Whether the calendar has it: 30 February is read as 2 March otherwise. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
