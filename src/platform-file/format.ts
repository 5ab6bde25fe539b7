import { singleLine } from "../errors/terminal-text.js";

/**
 * Quantities of the platform file: durations, sizes, CPU, ratios, parameter counts and ranges. Each `read…` parses the
 * value of the file; each `format…` writes the shortest form that parses to the same value.
 */

/** The parsed value, or a message and a hint. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** Characters of a quantity. A longer text is rejected before any pattern is applied to it. */
const MAX_QUANTITY_CHARACTERS = 64;

const read = <T>(value: T): Reading<T> => ({ ok: true, value });
const refuse = (message: string, hint: string): Reading<never> => ({ ok: false, message, hint });

/** The text of a quantity without surrounding space; empty for a value that is no text, or that is too long for any quantity. */
function quantityText(input: unknown): string {
  if (typeof input === "number") return String(input);
  return typeof input === "string" && input.length <= MAX_QUANTITY_CHARACTERS ? input.trim() : "";
}

/** A value in quotes, as in the file, truncated to 40 characters. */
export function shown(value: unknown): string {
  const text = singleLine(typeof value === "string" ? value.slice(0, 41) : (JSON.stringify(value) ?? String(value)));
  return text.length > 40 ? `\`${text.slice(0, 37)}…\`` : `\`${text}\``;
}

// ------------------------------------------------------------------------------------------------------ durations

const DURATION_UNITS = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;
const DURATION_SCALE: ReadonlyMap<string, number> = new Map(DURATION_UNITS);
const MAX_DURATION_MS = 100 * 365 * 86_400_000;

export const DURATION_PATTERN = "^(\\d+(\\.\\d+)?(ms|[smhdw]))+$|^0$";

/** `5m`, `24h`, `1h30m`, `250ms` → milliseconds. A number without a unit is an error, except 0. */
export function readDuration(input: unknown): Reading<number> {
  if (input === 0 || input === "0") return read(0);
  const text = quantityText(input);
  if (typeof input === "number" || /^\d+(\.\d+)?$/.test(text))
    return refuse(`${shown(input)} has no unit`, `write ${text}s, ${text}m or ${text}h`);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== text)
    return refuse(`${shown(input)} is not a duration`, "write it like 30s, 5m, 24h or 7d (ms, s, m, h, d, w)");
  let total = 0;
  for (const [, number, unit] of parts) total += Number(number) * (DURATION_SCALE.get(unit ?? "") ?? 0);
  if (!(total <= MAX_DURATION_MS)) return refuse(`${shown(input)} exceeds 100 years`, "write a shorter duration");
  return read(Math.round(total));
}

/** Milliseconds → the shortest exact form: `5m`, `24h`, `7d`, `12m34s`. Fractions of a millisecond are rounded. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "unbounded";
  const rounded = Math.round(milliseconds);
  if (rounded < 0) return `-${formatDuration(-rounded)}`;
  if (rounded === 0) return "0s";
  for (const [unit, scale] of DURATION_UNITS) {
    // One day is written as 24h; weeks are written in days.
    if (unit === "w" || (unit === "d" && rounded < 2 * scale)) continue;
    if (rounded % scale === 0 && rounded / scale < 1000) return `${rounded / scale}${unit}`;
  }
  let rest = rounded;
  let text = "";
  for (const [unit, scale] of DURATION_UNITS) {
    if (unit === "w") continue;
    const count = Math.floor(rest / scale);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * scale;
  }
  return text;
}

// ---------------------------------------------------------------------------------------------------------- bytes

const BYTE_UNITS = [
  ["Pi", 2 ** 50],
  ["Ti", 2 ** 40],
  ["Gi", 2 ** 30],
  ["Mi", 2 ** 20],
  ["Ki", 2 ** 10],
  ["P", 1e15],
  ["T", 1e12],
  ["G", 1e9],
  ["M", 1e6],
  ["k", 1e3],
  ["B", 1],
] as const;
const BYTE_SCALE: ReadonlyMap<string, number> = new Map([...BYTE_UNITS, ["K", 1e3] as const]);

export const BYTES_PATTERN = "^\\d+(\\.\\d+)?([KMGTP]i|[kKMGTP]|B)$|^0$";

/** `16Gi`, `500M`, `1.5Ti` → bytes. */
export function readBytes(input: unknown): Reading<number> {
  if (input === 0 || input === "0") return read(0);
  const text = quantityText(input);
  if (typeof input === "number" || /^\d+(\.\d+)?$/.test(text))
    return refuse(`${shown(input)} has no unit`, `write ${text}Gi or ${text}Mi`);
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text);
  const [, number = "", unit = ""] = match ?? [];
  const scale = BYTE_SCALE.get(unit);
  if (match && scale === undefined) {
    const near = unit.charAt(0).toUpperCase();
    if ("KMGTP".includes(near))
      return refuse(`${shown(input)} is not a size`, `write ${number}${near}i (powers of 1024) or ${number}${near}`);
  }
  if (scale === undefined) return refuse(`${shown(input)} is not a size`, "write it like 512Mi, 16Gi or 2Ti");
  const value = Math.round(Number(number) * scale);
  if (!(value <= Number.MAX_SAFE_INTEGER)) return refuse(`${shown(input)} is too large`, "write a smaller size");
  return read(value);
}

/** Bytes → the largest unit that is exact: `16Gi`, `500M`, `1536Mi`, `12345B`. */
export function formatBytes(bytes: number): string {
  const rounded = Math.round(bytes);
  if (rounded === 0) return "0";
  for (const [unit, scale] of BYTE_UNITS) if (rounded % scale === 0) return `${rounded / scale}${unit}`;
  return `${rounded}B`;
}

// ------------------------------------------------------------------------------------------------------------ CPU

export const CPU_PATTERN = "^(\\d+m|\\d+(\\.\\d+)?)$";

/** `500m`, `2`, `1.5` → millicores. */
export function readCpu(input: unknown): Reading<number> {
  const text = quantityText(input);
  const milli = /^(\d+)m$/.exec(text)?.[1];
  if (milli !== undefined) return read(Number(milli));
  if (!/^\d+(\.\d+)?$/.test(text))
    return refuse(`${shown(input)} is not an amount of CPU`, "write cores (2, 1.5) or millicores (500m)");
  const value = Math.round(Number(text) * 1000);
  if (value > 1_000_000_000) return refuse(`${shown(input)} cores is too many`, "write fewer cores");
  return read(value);
}

/** Millicores → `500m` or whole cores: `2`. */
export function formatCpu(millicores: number): string {
  const rounded = Math.round(millicores);
  return rounded % 1000 === 0 ? String(rounded / 1000) : `${rounded}m`;
}

// --------------------------------------------------------------------------------------------------------- ratios

export const RATIO_PATTERN = "^(100(\\.0+)?|\\d{1,2}(\\.\\d+)?)%$";

/** `99.9%` → 0.999. */
export function readRatio(input: unknown): Reading<number> {
  const text = quantityText(input);
  if (typeof input === "number" || /^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    const percent = number > 1 ? text : formatRatio(number).slice(0, -1);
    return refuse(`${shown(input)} is not a percentage`, `write ${percent}%`);
  }
  const digits = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  if (digits === undefined) return refuse(`${shown(input)} is not a percentage`, "write it like 70% or 99.9%");
  // Shifting the decimal point in the text gives exactly 0.999 for 99.9%.
  const value = Number(`${digits}e-2`);
  if (value > 1) return refuse(`${shown(input)} is more than 100%`, "write at most 100%");
  return read(value);
}

/** 0.999 → `99.9%`. */
export function formatRatio(ratio: number): string {
  // The decimal point is shifted in the text: multiplying adds rounding errors.
  const [digits, exponent = "0"] = String(ratio).split("e");
  return `${decimal(Number(`${digits}e${Number(exponent) + 2}`))}%`;
}

function decimal(number: number): string {
  const text = String(number);
  return text.includes("e") ? number.toFixed(20).replace(/\.?0+$/, "") : text;
}

// ---------------------------------------------------------------------------------------------------------- rates

const RATE_UNITS = [
  ["s", 1],
  ["m", 60],
  ["h", 3600],
] as const;

export const RATE_PATTERN = "^\\d+(\\.\\d+)?/[smh]$";

/** `2/s`, `90/m`, `500/h` → per second. */
export function readRate(input: unknown): Reading<number> {
  const text = quantityText(input);
  if (/^\d+(\.\d+)?$/.test(text))
    return refuse(`${shown(input)} has no unit`, `write ${text}/s, ${text}/m or ${text}/h`);
  const match = /^(\d+(?:\.\d+)?)\s*\/\s*([smh])$/.exec(text);
  const seconds = RATE_UNITS.find(([unit]) => unit === match?.[2])?.[1];
  if (!match || seconds === undefined)
    return refuse(`${shown(input)} is not a rate`, "write it like 2/s, 90/m or 500/h");
  const value = Number(match[1]) / seconds;
  if (!(value > 0)) return refuse(`${shown(input)} is no rate`, "write a rate above 0, or remove it");
  if (!(value <= 1e9)) return refuse(`${shown(input)} is too large`, "write a lower rate");
  return read(value);
}

/** Per second → the largest unit in which it has at most three decimals: `2/s`, `90/m`, `0.5/h`. */
export function formatRate(perSecond: number): string {
  for (const [unit, seconds] of RATE_UNITS) {
    const value = Math.round(perSecond * seconds * 1e6) / 1e6;
    if (value > 0 && Math.abs(value * 1000 - Math.round(value * 1000)) < 1e-6)
      return `${Math.round(value * 1000) / 1000}/${unit}`;
  }
  return `${Number(perSecond.toPrecision(3))}/s`;
}

// ----------------------------------------------------------------------------------------------- parameter counts

const PARAMETER_UNITS = [
  ["T", 12],
  ["B", 9],
  ["M", 6],
] as const;

export const PARAMETERS_PATTERN = "^\\d+(\\.\\d+)?[MBT]$";

/** `7B`, `0.5B`, `350M` → number of parameters. */
export function readParameters(input: unknown): Reading<number> {
  const match = /^(\d+(?:\.\d+)?)([MBT])$/i.exec(quantityText(input));
  const power = PARAMETER_UNITS.find(([unit]) => unit === match?.[2]?.toUpperCase())?.[1];
  if (!match || power === undefined)
    return refuse(`${shown(input)} is not a number of parameters`, "write it like 7B, 0.5B or 350M");
  return read(Math.round(Number(`${match[1]}e${power}`)));
}

// --------------------------------------------------------------------------------------------------------- ranges

/** Minimum and maximum, both inclusive. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * Most nodes of a pool, replicas of a unit and servers of a store. Each is placed by itself, so that a larger number takes all memory.
 * Kubernetes is designed for 5,000 nodes (kubernetes.io/docs/setup/best-practices/cluster-large).
 */
export const MAX_COUNT = 5_000;

/** A whole number of at most `MAX_COUNT`. */
export function readCount(input: unknown): Reading<number> {
  const text = quantityText(input);
  if (!/^\d+$/.test(text)) return refuse(`${shown(input)} is not a whole number`, "write it like 3");
  const count = Number(text);
  return count > MAX_COUNT ? refuse(`${shown(input)} is too many`, `at most ${MAX_COUNT}`) : read(count);
}

/** `2..10` or one value for both ends, each end read by `one`; `openEnd` allows `13B..`. */
export function readRange(
  input: unknown,
  one: (input: unknown) => Reading<number>,
  options: { readonly openEnd?: boolean } = {},
): Reading<Range> {
  if (typeof input !== "string" || !input.includes("..")) {
    const both = one(input);
    if (both.ok) return read({ min: both.value, max: both.value });
    const range = rangeOfOtherNotation(input, one);
    return range === undefined ? both : refuse(`${shown(input)} is not a range`, `write ${range}`);
  }
  const [low = "", high = "", ...more] = input.split("..").map((end) => end.trim());
  if (more.length > 0 || low === "")
    return refuse(`${shown(input)} is not a range`, "write MINIMUM..MAXIMUM, like 2..10");
  const min = one(low);
  if (!min.ok) return min;
  if (high === "" && options.openEnd) return read({ min: min.value, max: Number.MAX_SAFE_INTEGER });
  const max = one(high);
  if (!max.ok) return max;
  if (min.value > max.value)
    return refuse(`${shown(input)} has its minimum above its maximum`, `write ${high}..${low}`);
  return read({ min: min.value, max: max.value });
}

/** `3-10`, `3 – 10`, `3:10`, `3 to 10` → `3..10`; undefined if an end is invalid, or the range is not ascending. */
function rangeOfOtherNotation(input: unknown, one: (input: unknown) => Reading<number>): string | undefined {
  const [, low, high] = /^(\S+?)\s*(?:-|–|:|…|\bto\b)\s*(\S+)$/.exec(quantityText(input)) ?? [];
  if (low === undefined || high === undefined) return undefined;
  const min = one(low);
  const max = one(high);
  return min.ok && max.ok && min.value <= max.value ? `${low}..${high}` : undefined;
}

/** `{2, 10}` → `2..10`, equal ends → one value, no upper end → `13B..`. */
export function formatRange(range: Range, one: (value: number) => string): string {
  if (range.min === range.max) return one(range.min);
  if (range.max === Number.MAX_SAFE_INTEGER) return `${one(range.min)}..`;
  return `${one(range.min)}..${one(range.max)}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function formatList(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
