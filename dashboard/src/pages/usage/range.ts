import type { Span } from "../../api/usage.js";
import { HOUR_MS } from "./series.js";

export const ranges = { "24h": 24, "7d": 7 * 24, "30d": 30 * 24 } as const;
export type RangeName = keyof typeof ranges | "custom";

/** Whole hours up to the end of the current one, so that the range (and the cached response) changes once per hour. */
export function spanOf(range: keyof typeof ranges, now: number): Span {
  const to = (Math.floor(now / HOUR_MS) + 1) * HOUR_MS;
  return { from: to - ranges[range] * HOUR_MS, to };
}

/** `2026-11-21T08:00` in the browser's time zone, the format of its date field. */
export function toField(at: number): string {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
}

/** The range of two date fields; undefined while it is empty or invalid. */
export function fromFields(from: string, to: string): Span | undefined {
  const span = { from: Date.parse(from), to: Date.parse(to) };
  return Number.isFinite(span.from) && Number.isFinite(span.to) && span.from < span.to ? span : undefined;
}
