import type { UsageTimeUnit } from "../../../../src/contracts/usage.js";
import type {
  LatencyReport,
  LatencyRow,
  Span,
  UsageFigures,
  UsageGroup,
  UsageRank,
  UsageReport,
  UsageRow,
} from "../../api/usage.js";
import { plural } from "../../format.js";
import { UNIT_MS } from "./range.js";

/** The value of one row for the figure that is plotted. */
export function figureOf(row: UsageFigures, figure: UsageRank): number {
  return figure === "tokens" ? row.inputTokens + row.outputTokens : row[figure];
}

export interface Series {
  readonly name: string;
  /** The groups below the top, combined. */
  readonly others: boolean;
  readonly values: readonly number[];
}

export interface Plotted {
  readonly unit: UsageTimeUnit;
  /** The start of every unit in epoch milliseconds. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

/** The name of a row's group; keys have names, which are not unique. */
export function groupName(row: UsageRow, group: UsageGroup, keyNames: UsageReport["keyNames"]): string {
  if (row.others !== undefined) return plural(row.others, "other");
  const value = row[group] ?? "(none)";
  // A refused request that named no model of this platform.
  if (group === "model" && value === "(none)") return "(no such model)";
  const name = group === "key" ? keyNames?.[value] : undefined;
  if (name === undefined || keyNames === undefined) return value;
  const shared = Object.entries(keyNames).some(([id, other]) => id !== value && other === name);
  return shared ? `${name} (…${value.slice(-6)})` : name;
}

/** The start of every unit of a span in epoch milliseconds. */
function timesOf(unit: UsageTimeUnit, span: Span): readonly number[] {
  const step = UNIT_MS[unit];
  const first = Math.floor(span.from / step) * step;
  const length = Math.max(1, Math.ceil((span.to - first) / step));
  return Array.from({ length }, (_, index) => first + index * step);
}

/** Failed requests as a share of all, from 0 to 1, in each unit; null for a unit without requests. */
export function errorRates({ rows }: UsageReport, unit: UsageTimeUnit, span: Span): readonly (number | null)[] {
  const sums = new Map<number, { requests: number; errors: number }>();
  for (const row of rows) {
    const at = Date.parse(row[unit] ?? "");
    const sum = sums.get(at) ?? { requests: 0, errors: 0 };
    sums.set(at, { requests: sum.requests + row.requests, errors: sum.errors + row.errors });
  }
  return timesOf(unit, span).map((at) => {
    const sum = sums.get(at);
    return sum && sum.requests > 0 ? sum.errors / sum.requests : null;
  });
}

/** The rows of a report by minute or hour in each unit; undefined for a unit without answered requests. */
export function latencies(
  { rows }: LatencyReport,
  unit: "minute" | "hour",
  span: Span,
): readonly (LatencyRow | undefined)[] {
  const found = new Map(rows.map((row) => [Date.parse(row[unit] ?? ""), row]));
  return timesOf(unit, span).map((at) => found.get(at));
}

/** One series for each group, largest first and the others last, with zero for a unit without requests. */
export function toSeries(
  { rows, keyNames }: UsageReport,
  group: UsageGroup,
  figure: UsageRank,
  unit: UsageTimeUnit,
  span: Span,
): Plotted {
  const times = timesOf(unit, span);
  const [step, first, length] = [UNIT_MS[unit], times[0] ?? 0, times.length];
  const found = new Map<string, { others: boolean; values: number[] }>();
  for (const row of rows) {
    const start = row[unit];
    if (start === undefined) continue;
    const index = Math.floor((Date.parse(start) - first) / step);
    if (index < 0 || index >= length) continue;
    const name = groupName(row, group, keyNames);
    const series = found.get(name) ?? { others: row.others !== undefined, values: new Array<number>(length).fill(0) };
    series.values[index] = (series.values[index] ?? 0) + figureOf(row, figure);
    found.set(name, series);
  }
  const series = [...found]
    .map(([name, { others, values }]) => ({
      name,
      others,
      values,
      total: values.reduce((sum, value) => sum + value, 0),
    }))
    .sort((a, b) => Number(a.others) - Number(b.others) || b.total - a.total || a.name.localeCompare(b.name))
    .map(({ name, others, values }) => ({ name, others, values }));
  return { unit, times, series };
}
