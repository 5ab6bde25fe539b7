import type { Bounds, Milliseconds, Plan, Unit } from "../../plan/plan.js";
import type { Edit } from "../../platform-file/diagnostic.js";
import { formatRange } from "../../platform-file/format.js";
import type { SloTarget } from "../slo-targets.js";
import { isAutoscaled } from "./load-ends.js";
import { modelsOf, type PredictedLatency, predict } from "./predicted-latency.js";
import { worstPrediction } from "./worst.js";

/** More replicas than this are no remedy that anyone expects. */
const MAX_REPLICAS = 64;

/** The replicas with which a latency promise is kept. */
export interface ReplicasNeeded {
  readonly unit: Unit;
  readonly replicas: Bounds;
}

/**
 * For each unit that makes a latency too long, the least replicas with which it is not; undefined if replicas do not help, because
 * a response takes too long even without a wait.
 */
export function replicasNeeded(plan: Plan, latency: PredictedLatency): readonly ReplicasNeeded[] | undefined {
  const targets = targetsOf(plan, latency);
  if (targets.length === 0) return undefined;
  const needed: ReplicasNeeded[] = [];
  for (const each of targets) {
    if (isKept(plan, each, latency)) continue;
    const unit = "engine" in each ? plan.units.find(({ name }) => name === each.unit) : each;
    const replicas = unit && "role" in unit ? leastReplicas(plan, unit, each, latency) : undefined;
    if (!unit || !("role" in unit) || !replicas) return undefined;
    needed.push({ unit, replicas });
  }
  return needed;
}

/** The latency with so many replicas that hardly any request waits; undefined if it has no bound even then. */
export function fastestLatency(plan: Plan, latency: PredictedLatency): Milliseconds | undefined {
  const replicas = { min: MAX_REPLICAS, max: MAX_REPLICAS };
  const units = new Set(targetsOf(plan, latency).map((target) => ("engine" in target ? target.unit : target.name)));
  const larger = { ...plan, units: plan.units.map((unit) => (units.has(unit.name) ? { ...unit, replicas } : unit)) };
  const predictions = targetsOf(larger, latency).map((target) =>
    predict(larger, target, latency.of, latency.percentile),
  );
  const worst = predictions.length === 0 ? undefined : worstPrediction(predictions);
  return worst?.kind === "bounded" ? worst.total : undefined;
}

/** What makes the latency: the models of a gateway, or the element itself. */
function targetsOf(plan: Plan, { subjectPath }: PredictedLatency): readonly SloTarget[] {
  const all = [...plan.units, ...plan.models.filter(({ unit }) => unit === undefined)];
  const target = all.find(({ path }) => path === subjectPath);
  if (!target) return [];
  const models = modelsOf(plan, target);
  return models.length > 0 ? models : [target];
}

function leastReplicas(plan: Plan, unit: Unit, target: SloTarget, latency: PredictedLatency): Bounds | undefined {
  const { min, max } = unit.replicas;
  for (let count = 1; count <= MAX_REPLICAS; count += 1) {
    // An autoscaler that adds replicas up to a higher maximum needs no higher minimum, if the minimum serves the usual load.
    const candidates = [
      ...(isAutoscaled(plan, unit) && count > max ? [{ min, max: count }] : []),
      ...(count > min ? [{ min: count, max: Math.max(max, count) }] : []),
    ];
    for (const replicas of candidates) if (isKept(withReplicas(plan, unit, replicas), target, latency)) return replicas;
  }
  return undefined;
}

function withReplicas(plan: Plan, { name }: Unit, replicas: Bounds): Plan {
  return { ...plan, units: plan.units.map((unit) => (unit.name === name ? { ...unit, replicas } : unit)) };
}

function isKept(plan: Plan, target: SloTarget, { of, percentile, within }: PredictedLatency): boolean {
  const current = "role" in target ? (plan.units.find(({ name }) => name === target.name) ?? target) : target;
  const predicted = predict(plan, current, of, percentile);
  return predicted.kind === "bounded" && predicted.total <= within;
}

/** The edit of the platform file. */
export function replicasEdit({ unit, replicas }: ReplicasNeeded): Edit {
  const value = replicas.min === replicas.max ? replicas.min : formatRange(replicas, String);
  return { path: `${unit.path}.replicas`, value };
}
