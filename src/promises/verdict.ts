import type { Outcome } from "../contracts/drills.js";
import { exceeds } from "../contracts/exceeds.js";
import { VERDICTS, type Verdict } from "../contracts/verdict.js";
import type { Milliseconds } from "../plan/plan.js";
import type { Prediction } from "./prediction.js";

/**
 * The verdict on a promise from its prediction and, if one exists, its measurement: either can break it. A measurement
 * never proves more than the prediction allows, because the prediction is the worst case.
 */
export function verdictOf(
  promised: Milliseconds | undefined,
  predicted: Prediction,
  measured: Outcome | undefined,
): Verdict {
  if (promised === undefined) return "not-promised";
  if (measured !== undefined && exceeds(measured, promised)) return "broken";
  switch (predicted.kind) {
    case "unbounded":
      return "broken";
    case "unknown":
      return "unknown";
    case "bounded":
      return predicted.total <= promised ? "kept" : "broken";
  }
}

/** The verdict of a drill, from what it measured alone. Without a measurement it is `unknown`. */
export function measuredVerdict(promised: Milliseconds | undefined, measured: Outcome): Verdict {
  if (promised === undefined) return "not-promised";
  if (measured.kind === "not-applicable") return "unknown";
  return exceeds(measured, promised) ? "broken" : "kept";
}

/** The worst of several; a row is kept only if nothing in it is broken or unknown. */
export function worstOf(several: readonly Verdict[]): Verdict {
  return VERDICTS.find((verdict) => several.includes(verdict)) ?? "not-promised";
}
