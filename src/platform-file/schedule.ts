import { formatDuration, type Reading, readDuration, shown } from "./format.js";

/** When something runs and how long its results are retained. */
export interface Schedule {
  /** Interval in milliseconds; 0: on every change. */
  readonly every: number;
  /** `HH:MM` in UTC. */
  readonly at?: string | undefined;
  /** Retention in milliseconds. */
  readonly keep?: number | undefined;
}

const NAMED: ReadonlyMap<string, number> = new Map([
  ["hourly", 3_600_000],
  ["daily", 86_400_000],
  ["weekly", 604_800_000],
]);
/** Characters of a schedule. A longer text is rejected before it is split into words. */
const MAX_SCHEDULE_CHARACTERS = 256;
const DAY_MS = 86_400_000;
const EXAMPLES = "write it like `daily keep 30d`, `5m keep 7d`, `at 01:00 keep 30d` or `on change keep 90d`";

export const SCHEDULE_PATTERN =
  "^(hourly|daily|weekly|on change|(\\d+(\\.\\d+)?(ms|[smhdw]))+)?( ?at [0-2]\\d:[0-5]\\d)?( keep (\\d+(\\.\\d+)?(ms|[smhdw]))+)?$";

/** `daily keep 30d`, `5m keep 7d`, `at 01:00 keep 30d`, `weekly at 03:00`, `on change keep 90d` → schedule. */
export function readSchedule(input: unknown): Reading<Schedule> {
  const refuse = (message: string, hint = EXAMPLES): Reading<never> => ({ ok: false, message, hint });
  if (typeof input === "number") {
    const reading = readDuration(input);
    return reading.ok ? refuse(`${shown(input)} is not a schedule`) : reading;
  }
  if (typeof input !== "string" || input.length > MAX_SCHEDULE_CHARACTERS)
    return refuse(`${shown(input)} is not a schedule`);
  const words = input.trim().split(/\s+/);
  let every: number | undefined;
  let at: string | undefined;
  let keep: number | undefined;
  while (words.length > 0) {
    const word = words.shift() ?? "";
    if (word === "keep" && keep === undefined) {
      const reading = readDuration(words.shift() ?? "");
      if (!reading.ok) return refuse(`keep: ${reading.message}`, reading.hint);
      keep = reading.value;
    } else if (word === "at" && at === undefined && keep === undefined) {
      const time = words.shift() ?? "";
      if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time))
        return refuse(`${shown(time)} is not a time of day`, "write it like 01:00 (UTC)");
      at = time;
    } else if (word === "on" && words[0] === "change" && every === undefined) {
      words.shift();
      every = 0;
    } else if (word !== "every" && every === undefined && at === undefined && keep === undefined) {
      const named = NAMED.get(word);
      const reading = named === undefined ? readDuration(word) : undefined;
      if (reading && !reading.ok) return /^\d/.test(word) ? reading : refuse(`${shown(input)} is not a schedule`);
      every = named ?? (reading?.ok ? reading.value : 0);
      if (every === 0) return refuse(`${shown(input)} has no interval`, "write `on change` or an interval like 5m");
    } else if (word !== "every" || every !== undefined) {
      return refuse(`${shown(word)} is not part of a schedule (in ${shown(input)})`);
    }
  }
  if (at !== undefined) {
    every ??= DAY_MS;
    if (every % DAY_MS !== 0)
      return refuse(`${shown(input)} sets a time of day, but its interval is not a number of days`);
  }
  if (every === undefined) return refuse(`${shown(input)} has no interval`);
  return { ok: true, value: { every, ...(at === undefined ? {} : { at }), ...(keep === undefined ? {} : { keep }) } };
}

/** The inverse of `readSchedule`. */
export function formatSchedule({ every, at, keep }: Schedule): string {
  const named = [...NAMED].find(([, interval]) => interval === every)?.[0];
  const often = every === 0 ? "on change" : (named ?? formatDuration(every));
  const when = at === undefined ? often : every === DAY_MS ? `at ${at}` : `${often} at ${at}`;
  return keep === undefined ? when : `${when} keep ${formatDuration(keep)}`;
}
