import type { Outcome } from "../../contracts/drills.js";
import type { ModelLatency } from "../../contracts/usage.js";
import type { Milliseconds, Model, Ratio } from "../../plan/plan.js";
import type { LatencyObjective } from "../objectives.js";

/** The latency of the answered requests of one model, as the usage ledger of a running platform has it. */
export interface MeasuredLatency {
  readonly model: string;
  readonly requests: number;
  /** Percentiles of the time until the last byte. */
  readonly percentiles: readonly { readonly percentile: Ratio; readonly value: Milliseconds }[];
}

/** The figures of the ledger by model. */
export function measuredLatencies(rows: readonly ModelLatency[]): readonly MeasuredLatency[] {
  return rows.map(({ model, requests, p50Ms, p95Ms, p99Ms }) => ({
    model,
    requests,
    percentiles: [
      { percentile: 0.5, value: p50Ms },
      { percentile: 0.95, value: p95Ms },
      { percentile: 0.99, value: p99Ms },
    ],
  }));
}

/** Requests beyond a percentile that it takes for a measurement: of fewer it is the time of a single one. */
const MIN_BEYOND = 5;

/** The slowest of these models; undefined if too few requests were measured. The ledger has no first tokens. */
export function measuredAt(
  measurements: readonly MeasuredLatency[],
  models: readonly Model[],
  of: LatencyObjective,
  percentile: Ratio,
): { readonly outcome: Outcome; readonly requests: number } | undefined {
  if (of !== "latency") return undefined;
  const names = new Set(models.map(({ name }) => name));
  const found = measurements
    .filter(({ model, requests }) => names.has(model) && requests * (1 - percentile) >= MIN_BEYOND - 1e-9)
    .flatMap(({ requests, percentiles }) => {
      const at = percentiles.find((each) => Math.abs(each.percentile - percentile) < 1e-9);
      return at ? [{ value: at.value, requests }] : [];
    })
    .sort((a, b) => b.value - a.value);
  const [slowest] = found;
  return slowest && { outcome: { kind: "measured", ms: slowest.value }, requests: slowest.requests };
}
