import type { Outcome } from "../contracts/drills.js";
import type { Milliseconds } from "../plan/plan.js";
import type { TermOrigin } from "./origin.js";
import type { Prediction, Term } from "./prediction.js";

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/**
 * A duration for reading, rounded up so that a worst case is never made smaller: to seconds below an hour, to minutes
 * above (`2m33s`, `24h8m`, `2d1h`). Hours are counted up to two days, as people promise them.
 */
export function readable(duration: Milliseconds): string {
  if (duration < 1_000) return duration === 0 ? "0s" : `${Math.ceil(duration)}ms`;
  const grain = duration < 3_600_000 ? 1_000 : 60_000;
  let rest = Math.ceil(duration / grain) * grain;
  let text = "";
  for (const [unit, scale] of units) {
    if (unit === "d" && rest < 2 * scale) continue;
    const count = Math.floor(rest / scale);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * scale;
  }
  return text;
}

/**
 * A measured time, rounded to the nearest: `572ms`, `3.3s`, `11.9s`, `34s`, `1m34s`, `1h30m`. A tenth of a second
 * counts below 20 s, as on the dashboard.
 */
export function measuredText(measured: Milliseconds): string {
  if (measured < 999.5) return readable(Math.round(measured));
  const grain = measured < 19_950 ? 100 : measured < 3_599_500 ? 1_000 : 60_000;
  const rounded = Math.round(measured / grain) * grain;
  return grain === 100 ? `${rounded / 1_000}s` : readable(rounded);
}

/** What a drill measured, in one word or figure: `3.3s`, `never`, `n/a`. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case "measured":
      return measuredText(outcome.ms);
    case "never-recovered":
      return "never";
    case "not-applicable":
      return "n/a";
  }
}

/** Where a term comes from, for a person. */
function originText(origin: TermOrigin): string {
  switch (origin.kind) {
    case "file":
      return place(origin);
    case "environment":
      return `${place(origin)} (${origin.environment})`;
    case "default":
      return `default: ${origin.why}`;
    case "citation":
      return origin.source;
    case "assumption":
      return `assumed: ${origin.why}`;
    case "measurement":
      return `measured by drill ${origin.drill} on ${new Date(origin.at).toISOString().slice(0, 10)}`;
  }
}

function place({
  file,
  line,
  column,
}: {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}): string {
  return line > 0 ? `${file}:${line}:${column}` : file;
}

/** A prediction in one word or number: `5m`, `unbounded`, `unknown`. */
export function predictionText(prediction: Prediction): string {
  return prediction.kind === "bounded" ? readable(prediction.total) : prediction.kind;
}

/** The terms of a prediction, aligned: value, name, how it came about, where it comes from. */
export function termLines(terms: readonly Term[]): readonly (readonly [value: string, name: string, origin: string])[] {
  return terms.map(({ value, name, how, origin }) => [
    readable(value),
    how === undefined ? name : `${name} (${how})`,
    originText(origin),
  ]);
}
