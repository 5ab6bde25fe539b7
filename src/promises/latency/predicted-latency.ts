import type { Outcome } from "../../contracts/drills.js";
import { exceeds } from "../../contracts/exceeds.js";
import type { Verdict } from "../../contracts/verdict.js";
import { originOf } from "../../plan/origin.js";
import type { Milliseconds, Model, Origin, Path, Plan, Ratio, Unit } from "../../plan/plan.js";
import { LATENCY_OBJECTIVES, type LatencyObjective, sloObjectivePath } from "../objectives.js";
import { type Prediction, unknown } from "../prediction.js";
import { type SloTarget, sloTargets } from "../slo-targets.js";
import type { EntranceSubject } from "../subjects.js";
import { verdictOf } from "../verdict.js";
import type { ObservedPlan } from "./measured-load.js";
import { type MeasuredModel, measuredAt } from "./measured-model.js";
import { gatewaysOf, modelLatency } from "./model-latency.js";
import { serviceLatency } from "./service-latency.js";
import { worstPrediction } from "./worst.js";

/** A latency objective: what is promised, predicted from the load, and measured. */
export interface PredictedLatency {
  readonly subject: string;
  /** The subject's path in the platform file. */
  readonly subjectPath: Path;
  readonly of: LatencyObjective;
  /** 0.95: ninety-five of a hundred responses. */
  readonly percentile: Ratio;
  readonly within: Milliseconds;
  /** The path in the platform file that declares it. */
  readonly path: Path;
  readonly promisedAt: Origin;
  readonly predicted: Prediction;
  readonly measured?: Outcome;
  /** The number of requests that were measured. */
  readonly requests?: number;
  /** Set if the prediction is that of the measured load: it takes longer than the declared one, or no complete load is declared. */
  readonly forMeasuredLoad?: "longer" | "not-declared";
  /** Set if more was measured than predicted. */
  readonly underestimated?: true;
  readonly verdict: Exclude<Verdict, "not-promised">;
}

/** Every latency objective, at the same SLO targets as availability. */
export function predictLatency(
  plan: ObservedPlan,
  measurements: readonly MeasuredModel[],
): readonly PredictedLatency[] {
  return LATENCY_OBJECTIVES.flatMap((of) =>
    sloTargets(plan, of).flatMap((target) => {
      const promised = target.objectives[of];
      if (!promised) return [];
      const { percentile, within } = promised;
      const path = sloObjectivePath(plan, target.objectives, of);
      const predicted = predict(plan, target, of, percentile);
      const found = measuredAt(measurements, modelsOf(plan, target), of, percentile);
      const verdict = verdictOf(within, predicted, found?.outcome);
      return [
        {
          subject: target.name,
          subjectPath: target.path,
          of,
          percentile,
          within,
          path,
          promisedAt: originOf(plan, path),
          predicted,
          ...forMeasuredLoad(predicted, predict({ ...plan, loads: undefined }, target, of, percentile)),
          ...(found ? { measured: found.outcome, requests: found.requests } : {}),
          ...(found && predicted.kind === "bounded" && exceeds(found.outcome, predicted.total)
            ? { underestimated: true as const }
            : {}),
          verdict: verdict === "not-promised" ? "unknown" : verdict,
        } as const,
      ];
    }),
  );
}

/** Whether the measured load made a prediction: it differs from that of the declared one. */
function forMeasuredLoad(predicted: Prediction, declared: Prediction): Pick<PredictedLatency, "forMeasuredLoad"> {
  if (predicted.kind === "unknown") return {};
  if (declared.kind === "unknown") return { forMeasuredLoad: "not-declared" };
  return worstPrediction([declared, predicted]) === declared ? {} : { forMeasuredLoad: "longer" };
}

/** The predicted percentile of anything that serves requests: that of the slowest of its parts. */
export function predict(plan: ObservedPlan, target: SloTarget, of: LatencyObjective, percentile: Ratio): Prediction {
  if ("engine" in target) return modelLatency(plan, target, of, percentile);
  const parts = partsOf(plan, target);
  if (parts.length > 0) return worstPrediction(parts.map((part) => predict(plan, part, of, percentile)));
  const { name, path } = target;
  if ("entrance" in target) return unknown(plan, path, `no service is exposed at ${name}`);
  if (of === "firstToken")
    return unknown(plan, path, `${name} generates no tokens`, { advice: "promise it at a model or a gateway" });
  if ("role" in target) return serviceLatency(plan, target, percentile);
  return unknown(plan, path, `how long ${name} takes under load is not known`, {
    advice: "promise the latency of what calls it",
  });
}

/** One of several that serve the requests of a latency objective: the slowest makes its prediction. */
export interface LatencyPart {
  readonly target: SloTarget;
  readonly predicted: Prediction;
  readonly verdict: Verdict;
}

/** The parts of an objective, or those of one of its parts, each with its own prediction of the same percentile. */
export function latencyParts(
  { subjectPath, of, percentile, within }: PredictedLatency,
  plan: ObservedPlan,
  part?: SloTarget,
): readonly LatencyPart[] {
  const whole = part ?? sloTargets(plan, of).find(({ path }) => path === subjectPath);
  return (whole ? partsOf(plan, whole) : []).map((target) => {
    const predicted = predict(plan, target, of, percentile);
    return { target, predicted, verdict: verdictOf(within, predicted, undefined) };
  });
}

/** What serves the requests of a target: the units behind an entrance, the models of a gateway. Anything else serves them itself. */
export function partsOf(plan: Plan, target: SloTarget): readonly SloTarget[] {
  if ("entrance" in target) return unitsBehind(plan, target);
  return "engine" in target ? [] : modelsOf(plan, target);
}

/** The models that a target serves: one, or those that a gateway is declared to call. Models that are only fallbacks do not count. */
export function modelsOf(plan: Plan, target: SloTarget): readonly Model[] {
  if ("engine" in target) return [target];
  if ("entrance" in target) return unitsBehind(plan, target).flatMap((unit) => modelsOf(plan, unit));
  if (!("role" in target)) return [];
  if (target.model !== undefined) return plan.models.filter(({ name }) => name === target.model);
  const fallbacks = new Set(plan.models.flatMap((model) => model.fallbacks));
  const called = new Set(
    plan.edges.filter(({ from, path }) => from === target.name && path.startsWith(target.path)).map(({ to }) => to),
  );
  return plan.models.filter(
    (model) =>
      gatewaysOf(plan, model).includes(target) &&
      (model.unit === undefined ? !fallbacks.has(model.name) : called.has(model.unit)),
  );
}

function unitsBehind({ units }: Plan, { entrance }: EntranceSubject): readonly Unit[] {
  return units.filter(({ name }) => entrance.routes.some(({ unit }) => unit === name));
}

/** The models that a latency objective is about. */
export function modelsWithLatency(plan: Plan): ReadonlySet<Model> {
  return new Set(
    LATENCY_OBJECTIVES.flatMap((of) =>
      sloTargets(plan, of).flatMap((target) => (target.objectives[of] ? modelsOf(plan, target) : [])),
    ),
  );
}
