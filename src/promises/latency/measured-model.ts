import type { Outcome } from "../../contracts/drills.js";
import type { LatencyFigures, MeasuredModel as LedgerModel } from "../../contracts/usage.js";
import type { Milliseconds, Model, Ratio } from "../../plan/plan.js";
import type { LatencyObjective } from "../objectives.js";
import { type MeasuredLoad, measuredLoad } from "./measured-load.js";

/** What the usage ledger of a running platform shows of one model in the last 24 hours. */
export interface MeasuredModel {
  readonly model: string;
  /** `latency` of the answered requests, `firstToken` of the streamed ones. */
  readonly times: Partial<Readonly<Record<LatencyObjective, MeasuredTimes>>>;
  /** Undefined if too few requests arrived for a rate. */
  readonly load?: MeasuredLoad;
}

/** Percentiles of a time of this number of requests. */
export interface MeasuredTimes {
  readonly requests: number;
  readonly percentiles: readonly { readonly percentile: Ratio; readonly value: Milliseconds }[];
}

/** The figures of the ledger by model. */
export function measuredModels(rows: readonly LedgerModel[]): readonly MeasuredModel[] {
  return rows.map((row) => {
    const load = measuredLoad(row);
    return {
      model: row.model,
      times: {
        latency: timesOf(row.latency),
        ...(row.firstToken === null ? {} : { firstToken: timesOf(row.firstToken) }),
      },
      ...(load === undefined ? {} : { load }),
    };
  });
}

function timesOf({ requests, p50Ms, p95Ms, p99Ms }: LatencyFigures): MeasuredTimes {
  return {
    requests,
    percentiles: [
      { percentile: 0.5, value: p50Ms },
      { percentile: 0.95, value: p95Ms },
      { percentile: 0.99, value: p99Ms },
    ],
  };
}

/** Requests beyond a percentile that it takes for a measurement: of fewer it is the time of a single one. */
const MIN_BEYOND = 5;

/** The slowest of these models; undefined if too few requests were measured. */
export function measuredAt(
  measurements: readonly MeasuredModel[],
  models: readonly Model[],
  of: LatencyObjective,
  percentile: Ratio,
): { readonly outcome: Outcome; readonly requests: number } | undefined {
  const names = new Set(models.map(({ name }) => name));
  const found = measurements
    .filter(({ model }) => names.has(model))
    .flatMap(({ times }) => times[of] ?? [])
    .filter(({ requests }) => requests * (1 - percentile) >= MIN_BEYOND - 1e-9)
    .flatMap(({ requests, percentiles }) => {
      const at = percentiles.find((each) => Math.abs(each.percentile - percentile) < 1e-9);
      return at ? [{ value: at.value, requests }] : [];
    })
    .sort((a, b) => b.value - a.value);
  const [slowest] = found;
  return slowest && { outcome: { kind: "measured", ms: slowest.value }, requests: slowest.requests };
}
