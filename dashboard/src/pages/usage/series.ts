import { sumUsage } from "../../../../src/contracts/usage.js";
import type { Grouping, Span, UsageFigures, UsageRow } from "../../api/usage.js";

export type Measure = "requests" | "tokens" | "errors";

export const HOUR_MS = 3_600_000;

/** The value of one row for a measure. */
function measured(row: UsageFigures, measure: Measure): number {
  switch (measure) {
    case "requests":
      return row.requests;
    case "tokens":
      return row.inputTokens + row.outputTokens;
    case "errors":
      return row.errors;
  }
}

export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Plotted {
  /** The start of every hour (or day, in a longer range) in epoch milliseconds. */
  readonly times: readonly number[];
  readonly step: number;
  readonly series: readonly Series[];
}

/** A longer range is plotted by day: more bars cannot be distinguished. */
const MAX_BARS = 24 * 8;
const MAX_SERIES = 7;

/** One series for each group, with zero for an hour without rows; the smallest groups are combined as `others`. */
export function toSeries(rows: readonly UsageRow[], by: Grouping, measure: Measure, span: Span): Plotted {
  const step = (span.to - span.from) / HOUR_MS > MAX_BARS ? 24 * HOUR_MS : HOUR_MS;
  const first = Math.floor(span.from / step) * step;
  const length = Math.max(1, Math.ceil((span.to - first) / step));
  const sums = new Map<string, number[]>();
  for (const row of rows) {
    if (row.hour === undefined) continue;
    const index = Math.floor((Date.parse(row.hour) - first) / step);
    if (index < 0 || index >= length) continue;
    const name = row[by] ?? "(none)";
    const values = sums.get(name) ?? new Array<number>(length).fill(0);
    values[index] = (values[index] ?? 0) + measured(row, measure);
    sums.set(name, values);
  }
  const sorted = [...sums]
    .map(([name, values]) => ({ name, values }))
    .sort((a, b) => total(b.values) - total(a.values));
  const shown: Series[] = sorted.slice(0, MAX_SERIES);
  const rest = sorted.slice(MAX_SERIES);
  if (rest.length > 0)
    shown.push({
      name: `${rest.length} others`,
      values: Array.from({ length }, (_, index) => rest.reduce((sum, { values }) => sum + (values[index] ?? 0), 0)),
    });
  return { times: Array.from({ length }, (_, index) => first + index * step), step, series: shown };
}

/** The totals of every group, largest number of requests first. */
export function toGroups(
  rows: readonly UsageRow[],
  by: Grouping,
): readonly (UsageFigures & { readonly name: string })[] {
  const groups = new Map<string, UsageFigures & { readonly name: string }>();
  for (const row of rows) {
    const name = row[by] ?? "(none)";
    const group = groups.get(name);
    groups.set(name, { name, ...sumUsage(group ? [group, row] : [row]) });
  }
  return [...groups.values()].sort((a, b) => b.requests - a.requests);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
