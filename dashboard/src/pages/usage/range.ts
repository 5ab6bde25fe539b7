import type { UsageTimeUnit } from "../../../../src/contracts/usage.js";
import type { Span } from "../../api/usage.js";

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const UNIT_MS = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS } as const satisfies Record<
  UsageTimeUnit,
  number
>;

/** Ranges up to now: the length and the unit of their bars. */
export const ranges = {
  "15m": { ms: 15 * MINUTE_MS, unit: "minute" },
  "1h": { ms: HOUR_MS, unit: "minute" },
  "24h": { ms: DAY_MS, unit: "hour" },
  "7d": { ms: 7 * DAY_MS, unit: "hour" },
  "30d": { ms: 30 * DAY_MS, unit: "day" },
  "90d": { ms: 90 * DAY_MS, unit: "day" },
} as const satisfies Record<string, { readonly ms: number; readonly unit: UsageTimeUnit }>;

export type RangeName = keyof typeof ranges;

/** Whole units up to the end of the current one, so that the range (and the cached response) changes once per unit. */
export function spanOf(range: RangeName, now: number): Span {
  const { ms, unit } = ranges[range];
  const step = UNIT_MS[unit];
  const to = (Math.floor(now / step) + 1) * step;
  return { from: to - ms, to };
}

/** The longest spans that are plotted by minute and by hour: more bars cannot be distinguished. */
const MAX_MINUTES_SPAN_MS = 3 * HOUR_MS;
const MAX_HOURS_SPAN_MS = 8 * DAY_MS;

/** The unit of the bars of a span. */
export function unitOf({ from, to }: Span): UsageTimeUnit {
  if (to - from <= MAX_MINUTES_SPAN_MS) return "minute";
  return to - from <= MAX_HOURS_SPAN_MS ? "hour" : "day";
}

/** The span of two points in time as they are in the page's address; undefined if it is empty or invalid. */
export function spanBetween(from: string | null, to: string | null): Span | undefined {
  if (from === null || to === null) return undefined;
  const span = { from: Date.parse(from), to: Date.parse(to) };
  return Number.isFinite(span.from) && Number.isFinite(span.to) && span.from < span.to ? span : undefined;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WRITTEN = /^(\d{1,2})\s+([a-z]{3})[a-z]*\s+(\d{4})(?:,?\s+(\d{1,2}):(\d{2}))?$/i;
const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T\s]+(\d{1,2}):(\d{2}))?$/;

/**
 * A point in time as a user writes it, in the browser's time zone: `21 Nov 2026, 08:00`, `2026-11-21 08:00`; a date alone is
 * its midnight. Undefined if it is not one.
 */
export function parseWritten(text: string): number | undefined {
  const written = WRITTEN.exec(text.trim());
  const iso = ISO.exec(text.trim());
  const [year, month, day, hour, minute] = written
    ? [written[3], MONTHS.indexOf((written[2] ?? "").toLowerCase()), written[1], written[4], written[5]]
    : iso
      ? [iso[1], Number(iso[2]) - 1, iso[3], iso[4], iso[5]]
      : [];
  if (year === undefined) return undefined;
  const date = new Date(Number(year), Number(month), Number(day), Number(hour ?? 0), Number(minute ?? 0));
  const valid = date.getMonth() === month && date.getDate() === Number(day) && date.getHours() === Number(hour ?? 0);
  return valid ? date.getTime() : undefined;
}
