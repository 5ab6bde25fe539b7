import { originOf } from "../plan/origin.js";
import type { Milliseconds, Origin, Path, Plan, Ratio } from "../plan/plan.js";
import { sloObjectivePath } from "./objectives.js";
import { sloTargets } from "./slo-targets.js";

/**
 * A latency objective. It has no verdict: latency is measured under load and is not the sum of known terms, so it is
 * neither kept nor broken.
 */
export interface PromisedLatency {
  readonly subject: string;
  /** 0.95: ninety-five of a hundred responses. */
  readonly percentile: Ratio;
  readonly within: Milliseconds;
  /** The path in the platform file that declares it. */
  readonly path: Path;
  readonly promisedAt: Origin;
}

/** Every latency objective, at the same SLO targets as availability. */
export function promisedLatencies(plan: Plan): readonly PromisedLatency[] {
  return sloTargets(plan, "latency").flatMap(({ name, objectives }) => {
    if (!objectives.latency) return [];
    const path = sloObjectivePath(plan, objectives, "latency");
    return [{ subject: name, ...objectives.latency, path, promisedAt: originOf(plan, path) }];
  });
}
