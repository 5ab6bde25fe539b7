import type { Outcome } from "../../src/contracts/drills.js";

/** Formats values for display: rounded, short, in the units of the platform file. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** As the terminal and the platform file write it: 11_940 → `11.9s`, 94_000 → `1m34s`, 90 min → `1h30m`: at most two units, rounded. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "∞";
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return "0s";
  if (ms < 999.5) return `${ms < 10 ? trim(ms, 1) : Math.round(ms)}ms`;
  if (ms < MINUTE_MS - 500) {
    const grain = ms < 20 * SECOND_MS ? 100 : SECOND_MS;
    return `${(Math.round(ms / grain) * grain) / SECOND_MS}s`;
  }
  if (ms < HOUR_MS) return pair(ms, MINUTE_MS, "m", SECOND_MS, "s");
  if (ms < 2 * DAY_MS) return pair(ms, HOUR_MS, "h", MINUTE_MS, "m");
  return pair(ms, DAY_MS, "d", HOUR_MS, "h");
}

/** What a drill measured: `3.3s`, `never recovered`, `n/a`; `–` if it has not measured yet. */
export function outcome(measured: Outcome | undefined): string {
  switch (measured?.kind) {
    case "measured":
      return duration(measured.ms);
    case "never-recovered":
      return "never recovered";
    case "not-applicable":
      return "n/a";
    case undefined:
      return "–";
  }
}

function pair(ms: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const whole = Math.round(ms / small);
  const perBig = big / small;
  const rest = whole % perBig;
  return `${Math.floor(whole / perBig)}${bigUnit}${rest === 0 ? "" : `${rest}${smallUnit}`}`;
}

function trim(value: number, digits: number): string {
  return value
    .toFixed(digits)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });

/** `3 minutes ago`, `in 29 days`; beyond 60 days the date. Both in epoch milliseconds. */
export function ago(at: number, now: number): string {
  const distance = at - now;
  const size = Math.abs(distance);
  if (size < 10 * SECOND_MS) return "just now";
  if (size < MINUTE_MS) return relative.format(Math.round(distance / SECOND_MS), "second");
  if (size < HOUR_MS) return relative.format(Math.round(distance / MINUTE_MS), "minute");
  if (size < DAY_MS) return relative.format(Math.round(distance / HOUR_MS), "hour");
  if (size < 60 * DAY_MS) return relative.format(Math.round(distance / DAY_MS), "day");
  return date(at);
}

/**
 * Points in time have one form on all pages: day, month by name, 24 hours, and the zone. The zone is the browser's, unless a
 * function states UTC.
 */
const LOCALE = "en-GB";
const ZONE = { timeZoneName: "short" } as const;
const DAY = { day: "numeric", month: "short", year: "numeric" } as const;
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;

const formats = {
  dateTime: new Intl.DateTimeFormat(LOCALE, { ...DAY, ...CLOCK, ...ZONE }),
  date: new Intl.DateTimeFormat(LOCALE, DAY),
  utcDate: new Intl.DateTimeFormat(LOCALE, { ...DAY, timeZone: "UTC" }),
  clock: new Intl.DateTimeFormat(LOCALE, { ...CLOCK, ...ZONE }),
  hour: new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  shortDay: new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" }),
  utcShortDay: new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" }),
  zone: new Intl.DateTimeFormat(LOCALE, ZONE),
} as const;

/** `21 Nov 2026, 08:03:15 CET`. */
export function dateTime(at: number): string {
  return formats.dateTime.format(at);
}

/** For a field that a user edits, whose label states the zone: `21 Nov 2026, 08:03`. */
export function inputTime(at: number): string {
  return `${formats.date.format(at)}, ${formats.hour.format(at)}`;
}

/** `21 Nov 2026`. */
export function date(at: number): string {
  return formats.date.format(at);
}

/** The day in UTC: `21 Nov 2026`. */
export function utcDate(at: number): string {
  return formats.utcDate.format(at);
}

/** `08:03:15 CET`. */
export function timeOfDay(at: number): string {
  return formats.clock.format(at);
}

/** For the axis of a plot, whose caption states the zone: `08:03`. */
export function axisTime(at: number): string {
  return formats.hour.format(at);
}

/** For the axis of a plot, whose caption states the zone: `21 Nov`. */
export function axisDay(at: number, zone: "local" | "UTC"): string {
  return (zone === "UTC" ? formats.utcShortDay : formats.shortDay).format(at);
}

/** The browser's time zone at a point in time: `CET`, `GMT+5:30`, `UTC`. */
export function zoneName(at: number): string {
  return formats.zone.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "local time";
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** 12345 → `12,345`. */
export function count(value: number): string {
  return grouped.format(value);
}

/** 12345 → `12.3K`, for narrow columns. */
export function shortCount(value: number): string {
  return Math.abs(value) < 1000 ? trim(value, value % 1 === 0 ? 0 : 1) : compact.format(value);
}

/** Per second: `0`, `0.42`, `3.1`, `128`. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond < 0.01) return "<0.01";
  if (perSecond < 1) return perSecond.toFixed(2);
  if (perSecond < 10) return trim(perSecond, 1);
  return shortCount(Math.round(perSecond));
}

/** A ratio close to 1: 0.999412 → `99.941%`, with as many digits as distinguish it from 100%. */
export function share(ratio: number): string {
  const missing = (1 - ratio) * 100;
  const digits = missing <= 0 ? 0 : Math.min(6, Math.max(1, 1 - Math.floor(Math.log10(missing))));
  return `${trim(ratio * 100, digits)}%`;
}

export function bytes(size: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${trim(value, value < 10 && unit > 0 ? 1 : 0)} ${units[unit] ?? "B"}`;
}

/** `1 drill`, `3 drills`, `3 entries`. */
export function plural(number: number, noun: string, nouns = `${noun}s`): string {
  return `${count(number)} ${number === 1 ? noun : nouns}`;
}

/** `this key is invalid` → `This key is invalid.` A first word that is code or a name with digits is left as it is. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  const first = /^[a-z]+(?=[\s,])/.test(trimmed) ? trimmed.slice(0, 1).toUpperCase() : trimmed.slice(0, 1);
  const end = trimmed === "" || /[.!?…]$/.test(trimmed) ? "" : ".";
  return `${first}${trimmed.slice(1)}${end}`;
}
