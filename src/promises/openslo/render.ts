import { originOf } from "../../plan/origin.js";
import type { Plan, Ratio } from "../../plan/plan.js";
import { formatRatio } from "../../platform-file/format.js";
import { formatLatency } from "../format.js";
import { availabilityIndicator, type Indicator, latencyIndicator } from "../indicators.js";
import { LATENCY_OBJECTIVES, type LatencyObjective, sloObjectivePath } from "../objectives.js";
import { allRequests, goodRequests } from "../request-counters.js";
import { sloTargets } from "../slo-targets.js";
import { positionText } from "../source-text.js";
import type { Objective, OpenSlo, OpenSloObject, Sli } from "./openslo.js";

/** The platform file states a ratio without a period; error budgets need one. */
const WINDOW = "30d";
/** The default interval at which Prometheus scrapes and evaluates: shorter slices have no values of their own. */
const TIME_SLICE = "1m";

/** The objectives of a plan in OpenSLO, and those that OpenSLO cannot state, each with the reason. */
export interface RenderedSlos {
  readonly objects: readonly OpenSloObject[];
  readonly omitted: readonly { readonly name: string; readonly why: string }[];
}

/** One object `SLO` for each availability and latency objective, and the object `Service` that they refer to. */
export function openSlos(plan: Plan): RenderedSlos {
  const wanted = [...availabilities(plan), ...LATENCY_OBJECTIVES.flatMap((of) => latencies(plan, of))];
  const slos = wanted.map((each) => ({ name: each.name, slo: sloOf(plan, each) }));
  const objects = slos.flatMap(({ slo }) => (typeof slo === "string" ? [] : [slo]));
  return {
    objects: objects.length === 0 ? [] : [serviceOf(plan), ...objects],
    omitted: slos.flatMap(({ name, slo }) => (typeof slo === "string" ? [{ name, why: slo }] : [])),
  };
}

interface Wanted {
  readonly name: string;
  readonly subject: string;
  readonly promise: string;
  readonly target: Ratio;
  readonly path: string;
  readonly indicator: Indicator;
}

function availabilities(plan: Plan): readonly Wanted[] {
  return sloTargets(plan, "availability").flatMap((target) => {
    const { availability } = target.objectives;
    if (availability === undefined) return [];
    return [
      {
        name: nameOf(target.name, "availability"),
        subject: target.name,
        promise: `${formatRatio(availability)} available`,
        target: availability,
        path: sloObjectivePath(plan, target.objectives, "availability"),
        indicator: availabilityIndicator(target, plan),
      },
    ];
  });
}

function latencies(plan: Plan, of: LatencyObjective): readonly Wanted[] {
  return sloTargets(plan, of).flatMap((target) => {
    const promised = target.objectives[of];
    if (promised === undefined) return [];
    return [
      {
        name: nameOf(target.name, LATENCY_NAMES[of]),
        subject: target.name,
        promise: formatLatency({ of, ...promised }),
        target: promised.percentile,
        path: sloObjectivePath(plan, target.objectives, of),
        indicator: latencyIndicator(target, plan, of, promised),
      },
    ];
  });
}

const LATENCY_NAMES: Readonly<Record<LatencyObjective, string>> = { latency: "latency", firstToken: "first-token" };

/** The object, or why there is none. */
function sloOf(plan: Plan, wanted: Wanted): OpenSlo | string {
  const { name, subject, promise, target, path, indicator } = wanted;
  if (indicator.kind === "unmeasured") return indicator.why;
  if (target >= 1) return "a target of OpenSLO is below 100 %";
  const at = originOf(plan, path);
  return {
    apiVersion: "openslo/v1",
    kind: "SLO",
    metadata: { name, displayName: `${subject}: ${promise}`, labels: labelsOf(plan) },
    spec: {
      description: `${promise}, declared at ${positionText(at)}`,
      service: plan.namespace,
      indicator: { metadata: { name }, spec: sliOf(indicator) },
      timeWindow: [{ duration: WINDOW, isRolling: true }],
      budgetingMethod: indicator.kind === "requests" ? "Occurrences" : "Timeslices",
      objectives: [objectiveOf(promise, target, indicator)],
    },
  };
}

function sliOf(indicator: Exclude<Indicator, { kind: "unmeasured" }>): Sli {
  if (indicator.kind === "level") return { thresholdMetric: prometheus(indicator.query) };
  return {
    ratioMetric: {
      counter: true,
      good: prometheus(goodRequests(indicator)),
      total: prometheus(allRequests(indicator)),
    },
  };
}

/** A slice of time with a threshold metric is good or bad as a whole: its own target is 1. */
function objectiveOf(
  displayName: string,
  target: Ratio,
  indicator: Exclude<Indicator, { kind: "unmeasured" }>,
): Objective {
  if (indicator.kind === "requests") return { displayName, target };
  const { op, threshold } = indicator;
  return { displayName, target, op, value: threshold, timeSliceTarget: 1, timeSliceWindow: TIME_SLICE };
}

function prometheus(query: string) {
  return { metricSource: { type: "Prometheus", spec: { query } } } as const;
}

function serviceOf(plan: Plan): OpenSloObject {
  return {
    apiVersion: "openslo/v1",
    kind: "Service",
    metadata: { name: plan.namespace, displayName: `${plan.platform} in ${plan.environment}`, labels: labelsOf(plan) },
    spec: { description: `The platform ${plan.platform} in the environment ${plan.environment}` },
  };
}

function labelsOf({ platform, environment }: Plan): Readonly<Record<string, string>> {
  return { platform, environment };
}

/** The name of a model may have dots, which a name of RFC 1123 has not. */
function nameOf(subject: string, objective: string): string {
  return `${subject.replaceAll(".", "-")}-${objective}`;
}
