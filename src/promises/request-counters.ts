import { PROBLEMS } from "../contracts/gateway-problems.js";
import type { Plan } from "../plan/plan.js";
import { inNamespace, type LabelMatcher, seriesOf } from "./alert-condition.js";
import type { MetricName } from "./facts/metrics.js";
import { onOneMachine } from "./terms/machine.js";

/** Counters of requests that only grow, as selectors of PromQL: those that were good, of those that count. */
export interface RequestCounters {
  readonly good: string;
  readonly total: string;
  /** Counted in addition, if it exists. */
  readonly more?: string;
}

/** Codes of requests that are refused before they reach a model, and not because of what the client sent. */
const REFUSED_BY_PLATFORM = Object.entries(PROBLEMS)
  .filter(([, { status }]) => status >= 500)
  .map(([code]) => code);

const REQUESTS: MetricName = "keelson_gateway_requests_total";
const REFUSED: MetricName = "keelson_gateway_refused_total";

/**
 * The requests of a gateway that the platform has not failed. A response with status 4xx is an answer, and a client that
 * disconnected (499) has no complaint.
 */
export function answeredRequests(plan: Plan): RequestCounters {
  const labels = namespaceOf(plan);
  const answered: LabelMatcher = { label: "status", value: "5..", match: "!~" };
  const codes: LabelMatcher = { label: "code", value: REFUSED_BY_PLATFORM.join("|"), match: "=~" };
  return {
    good: seriesOf(REQUESTS, [...labels, answered]),
    total: seriesOf(REQUESTS, labels),
    more: seriesOf(REFUSED, [...labels, codes]),
  };
}

/** Metrics of pods have the namespace that Prometheus finds them in; on one machine there is none. */
export function namespaceOf(plan: Plan): readonly LabelMatcher[] {
  return onOneMachine(plan) ? [] : [inNamespace(plan)];
}

/** How many requests were good so far, in PromQL. */
export function goodRequests({ good }: RequestCounters): string {
  return `sum(${good})`;
}

/** How many requests count so far, in PromQL. */
export function allRequests({ total, more }: RequestCounters): string {
  return more === undefined ? `sum(${total})` : `sum(${total}) + (sum(${more}) or vector(0))`;
}

/** The share of the requests during `window` (`5m`) that were not good, in PromQL; nothing without requests. */
export function failedShare({ good, total, more }: RequestCounters, window: string): string {
  const during = (series: string): string => `rate(${series}[${window}])`;
  const counted: RequestCounters = {
    good: during(good),
    total: during(total),
    ...(more === undefined ? {} : { more: during(more) }),
  };
  return `1 - (${goodRequests(counted)} or vector(0)) / (${allRequests(counted)})`;
}
