import type { Outcome } from "../contracts/drills.js";
import type { Milliseconds, PercentileObjective, Ratio } from "../plan/plan.js";
import type { LatencyObjective } from "./objectives.js";
import type { Prediction, Term } from "./prediction.js";

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/**
 * A worst-case duration, rounded up: to seconds below an hour, to minutes above (`2m33s`, `24h8m`, `2d1h`). Hours are
 * used up to two days, as in objectives.
 */
export function formatWorstCase(duration: Milliseconds): string {
  if (duration < 1_000) return duration === 0 ? "0s" : `${Math.ceil(duration)}ms`;
  let rest = roundedUp(duration);
  let text = "";
  for (const [unit, scale] of UNITS) {
    if (unit === "d" && rest < 2 * scale) continue;
    const count = Math.floor(rest / scale);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * scale;
  }
  return text;
}

function roundedUp(duration: Milliseconds): Milliseconds {
  const grain = duration < 3_600_000 ? 1_000 : 60_000;
  return Math.ceil(duration / grain) * grain;
}

/**
 * A measured duration, rounded to the nearest: `572ms`, `3.3s`, `11.9s`, `34s`, `1m34s`, `1h30m`. With tenths of a second
 * below 20 s, as on the dashboard.
 */
export function formatMeasured(measured: Milliseconds): string {
  if (measured < 999.5) return formatWorstCase(Math.round(measured));
  const grain = measured < 19_950 ? 100 : measured < 3_599_500 ? 1_000 : 60_000;
  const rounded = Math.round(measured / grain) * grain;
  return grain === 100 ? `${rounded / 1_000}s` : formatWorstCase(rounded);
}

/** An age or a remaining time, rounded to the nearest, with at most two units: `4s`, `1m34s`, `3h12m`, `2d4h`. */
export function formatAge(age: Milliseconds): string {
  const grain = age < 3_599_500 ? 1_000 : age < 2 * 86_400_000 - 30_000 ? 60_000 : 3_600_000;
  const rounded = Math.round(Math.max(0, age) / grain) * grain;
  return formatWorstCase(rounded);
}

/** An outcome of a drill as one word or number: `3.3s`, `never`, `n/a`. */
export function formatOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case "measured":
      return formatMeasured(outcome.ms);
    case "never-recovered":
      return "never";
    case "not-applicable":
      return "n/a";
  }
}

/** A prediction as one word or number: `5m`, `unbounded`, `unknown`. */
export function formatPrediction(prediction: Prediction): string {
  return prediction.kind === "bounded" ? formatWorstCase(prediction.total) : prediction.kind;
}

/** A total with its terms, without those that are 0: `24h12m (backup interval 24h + duration of a backup 12m)`. */
export function formatTerms(total: Milliseconds, terms: readonly Term[]): string {
  const [first, ...more] = terms.filter(({ value }) => value > 0);
  if (!first) return `${formatWorstCase(total)} (nothing)`;
  if (more.length === 0) return `${formatWorstCase(total)} (${first.name})`;
  const sum = [first, ...more].map(({ name, value }) => `${name} ${formatWorstCase(value)}`).join(" + ");
  return `${formatWorstCase(total)} (${sum})`;
}

/** A percentage with up to four decimals, rounded down, so that 99.99996 % is not shown as 100 %. */
export function formatPercent(ratio: Ratio): string {
  return `${(Math.floor(ratio * 1e6 + 1e-9) / 1e4).toFixed(4).replace(/\.?0+$/, "")}%`;
}

/** A predicted response time, rounded up to three digits: `572ms`, `3.31s`, `11.9s`, `1m34s`. */
export function formatResponse(duration: Milliseconds): string {
  if (!Number.isFinite(duration)) return "unbounded";
  const grain = duration < 10_000 ? 10 : 100;
  if (duration <= 999 || duration >= 59_900) return formatWorstCase(duration);
  return `${(Math.ceil(duration / grain - 1e-9) * grain) / 1000}s`;
}

/** `p95 within 2s`, `first token p95 within 500ms`. */
export function formatLatency({ of, percentile, within }: PercentileObjective & { of: LatencyObjective }): string {
  return `${of === "firstToken" ? "first token " : ""}${formatPercentile(percentile)} within ${formatResponse(within)}`;
}

/** `p95`. */
export function formatPercentile(percentile: Ratio): string {
  return `p${Math.round(percentile * 100)}`;
}

/** A size or rate: in decimal units if it is a multiple of 1 MB, otherwise in binary units, with at most one decimal. */
export function formatSize(bytes: number): string {
  const scales = bytes % 1e6 === 0 ? DECIMAL : BINARY;
  const [unit, scale] = scales.find(([, minimum]) => bytes >= minimum) ?? ["B", 1];
  const amount = bytes / scale;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)}${unit}`;
}

const DECIMAL = [
  ["G", 1e9],
  ["M", 1e6],
] as const;
const BINARY = [
  ["Ti", 2 ** 40],
  ["Gi", 2 ** 30],
  ["Mi", 2 ** 20],
  ["Ki", 2 ** 10],
] as const;
