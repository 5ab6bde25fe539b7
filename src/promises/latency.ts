import { originOf } from "../plan/origin.js";
import type { Milliseconds, Origin, Path, Plan, Ratio } from "../plan/plan.js";
import { judgedAt, objectivePath } from "./judged.js";

/**
 * A promise of how soon answers come. It is shown and never judged: how long an answer takes is measured under load, and
 * no sum of known terms predicts it. So it is neither kept nor broken, and counts as neither.
 */
export interface PromisedLatency {
  readonly subject: string;
  /** 0.95: of a hundred answers ninety-five. */
  readonly percentile: Ratio;
  readonly within: Milliseconds;
  /** Where it is promised, in the platform file. */
  readonly path: Path;
  readonly promisedAt: Origin;
}

/** Every promised latency, at the same elements at which availability would be judged. */
export function promisedLatencies(plan: Plan): readonly PromisedLatency[] {
  return judgedAt(plan, "latency").flatMap(({ name, objectives }) => {
    if (!objectives.latency) return [];
    const path = objectivePath(plan, objectives, "latency");
    return [{ subject: name, ...objectives.latency, path, promisedAt: originOf(plan, path) }];
  });
}
