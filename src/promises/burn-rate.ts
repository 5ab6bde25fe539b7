import type { Milliseconds, Ratio } from "../plan/plan.js";
import { seriesOf } from "./alert-condition.js";
import type { Indicator } from "./indicators.js";
import { failedShare } from "./request-counters.js";

/** A pair of windows in which the error budget is spent faster than it lasts. */
export interface BurnRate {
  readonly severity: "critical" | "warning";
  /** The budget of 30 days would last 30 days ÷ this. */
  readonly rate: number;
  readonly long: string;
  /** The budget is still being spent: the alert ends soon after its cause. */
  readonly short: string;
  /** What is spent during the long window. */
  readonly spent: Ratio;
}

/**
 * The multiwindow, multi-burn-rate alerts of The Site Reliability Workbook, chapter 5 "Alerting on SLOs", table 5-8: of a budget of 30
 * days 2 % in an hour and 5 % in six hours page, 10 % in three days open a ticket (https://sre.google/workbook/alerting-on-slos/).
 */
export const BURN_RATES: readonly BurnRate[] = [
  { severity: "critical", rate: 14.4, long: "1h", short: "5m", spent: 0.02 },
  { severity: "critical", rate: 6, long: "6h", short: "30m", spent: 0.05 },
  { severity: "warning", rate: 1, long: "3d", short: "6h", spent: 0.1 },
];

/** Recorded at each evaluation: 1 while an objective about time is met, 0 while it is not. */
export const OBJECTIVE_MET = "keelson:objective_met";

type Measured = Exclude<Indicator, { readonly kind: "unmeasured" }>;

/** Which record of `OBJECTIVE_MET` belongs to an objective. */
export interface RecordLabels {
  readonly namespace: string;
  readonly subject: string;
}

/** The recording rule of an indicator about time: an average over it needs no value from before the rule existed. */
export function recordedExpression(indicator: Extract<Measured, { readonly kind: "level" }>): string {
  return `${indicator.query} ${indicator.op === "gte" ? ">=" : "<="} bool ${indicator.threshold}`;
}

/** The condition of an alert, in PromQL; undefined if even an outage does not spend the budget so fast. */
export function burnExpression(
  indicator: Measured,
  labels: RecordLabels,
  objective: Ratio,
  { rate, long, short }: BurnRate,
): string | undefined {
  const limit = rate * (1 - objective);
  if (limit >= 1) return undefined;
  const record = seriesOf(OBJECTIVE_MET, [
    { label: "namespace", value: labels.namespace },
    { label: "subject", value: labels.subject },
  ]);
  const missed = (window: string): string =>
    indicator.kind === "requests" ? failedShare(indicator, window) : `1 - avg_over_time(${record}[${window}])`;
  const threshold = Number(limit.toPrecision(12));
  return `(${missed(long)}) > ${threshold} and (${missed(short)}) > ${threshold}`;
}

/** The time in which the whole budget would be spent. */
export function budgetLasts({ rate }: BurnRate): Milliseconds {
  return (30 * 86_400_000) / rate;
}
