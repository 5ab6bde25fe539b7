import { DURATION_BUCKETS_SECONDS, GEN_AI_ATTRIBUTES, prometheusMetric, prometheusName } from "../contracts/gen-ai.js";
import type { Milliseconds, Model, Plan, Ratio, Unit } from "../plan/plan.js";
import {
  type Condition,
  everyTargetEjected,
  type LabelMatcher,
  measuredExpression,
  proxiesBelow,
  replicasBelow,
  seriesOf,
  serverUnavailable,
} from "./alert-condition.js";
import type { LatencyObjective } from "./objectives.js";
import { replicasNeeded } from "./placement/survival.js";
import { answeredRequests, namespaceOf, type RequestCounters } from "./request-counters.js";
import type { SloTarget } from "./slo-targets.js";

/** How an objective is measured, in PromQL, or why nothing measures it. Alerts and OpenSLO read the same queries. */
export type Indicator =
  /** The objective is the minimum share of good requests. */
  | ({ readonly kind: "requests" } & RequestCounters)
  /** A value at each moment, which is good at `op` `threshold`; the objective is the minimum share of the time. */
  | { readonly kind: "level"; readonly query: string; readonly op: "gte" | "lte"; readonly threshold: number }
  | { readonly kind: "unmeasured"; readonly why: string };

/**
 * The availability of an SLO target. Of a gateway: the share of requests that were not failed by the platform. Of anything else: the
 * time during which as many replicas as the prediction counts on are ready.
 */
export function availabilityIndicator(target: SloTarget, plan: Plan): Indicator {
  if (plan.observe.metrics === "none") return NO_METRICS;
  if (isGateway(target)) return { kind: "requests", ...answeredRequests(plan) };
  return levelOf(unavailable(target, plan));
}

/** A percentile of the latency of an SLO target, until the last byte of a response or until its first token. */
export function latencyIndicator(
  target: SloTarget,
  plan: Plan,
  of: LatencyObjective,
  { percentile, within }: { readonly percentile: Ratio; readonly within: Milliseconds },
): Indicator {
  if (plan.observe.metrics === "none") return NO_METRICS;
  if (!isGateway(target) && !isModel(target))
    return { kind: "unmeasured", why: `no component exports the latency of ${target.name}` };
  const model = prometheusName(GEN_AI_ATTRIBUTES.requestModel);
  const labels = [...namespaceOf(plan), ...(isModel(target) ? [{ label: model, value: target.name }] : [])];
  const duration = prometheusMetric(of === "latency" ? "requestDuration" : "timeToFirstToken");
  const seconds = within / 1000;
  if (DURATION_BUCKETS_SECONDS.includes(seconds))
    return {
      kind: "requests",
      good: seriesOf(`${duration}_bucket`, [...labels, upperBound(seconds)]),
      total: seriesOf(`${duration}_count`, labels),
    };
  // Between two bounds the histogram has no count: the percentile of five minutes is interpolated.
  const rate = `rate(${seriesOf(`${duration}_bucket`, labels)}[5m])`;
  return {
    kind: "level",
    query: `histogram_quantile(${percentile}, sum by (le) (${rate}))`,
    op: "lte",
    threshold: seconds,
  };
}

const NO_METRICS: Indicator = { kind: "unmeasured", why: "no metrics are stored (`observe.metrics: none`)" };

/** Of the value 1 Prometheus reads `1` in the text format and `1.0` in OpenMetrics (prometheus/prometheus#8367). */
function upperBound(seconds: number): LabelMatcher {
  return Number.isInteger(seconds)
    ? { label: "le", value: `${seconds}(\\.0)?`, match: "=~" }
    : { label: "le", value: String(seconds) };
}

/** What the alert about an unavailable target compares. */
function unavailable(target: SloTarget, plan: Plan): Condition {
  if ("entrance" in target) return proxiesBelow(target.entrance, plan);
  if (isModel(target)) return everyTargetEjected(target);
  return isUnit(target) ? replicasBelow(target, plan, replicasNeeded(target, plan)) : serverUnavailable(target, plan);
}

function levelOf(condition: Condition): Indicator {
  if (condition.kind === "unmeasured") return condition;
  return { kind: "level", query: measuredExpression(condition), op: "gte", threshold: condition.threshold };
}

function isGateway(target: SloTarget): boolean {
  return isUnit(target) && target.modules.includes("gateway");
}

function isUnit(target: SloTarget): target is Unit {
  return "modules" in target;
}

function isModel(target: SloTarget): target is Model {
  return "engine" in target;
}
