import type { Milliseconds } from "../plan/plan.js";
import type { Prediction } from "./prediction.js";

/** `unknown` is a promise of which nobody can say whether it holds: it counts as not kept. */
export type Verdict = "kept" | "broken" | "unknown" | "not-promised";

/** Held against the prediction and, where there is one, against what was measured: either can break it. */
export function verdictOf(
  promised: Milliseconds | undefined,
  predicted: Prediction,
  measured: Milliseconds | undefined,
): Verdict {
  if (promised === undefined) return "not-promised";
  if (measured !== undefined && !(measured <= promised)) return "broken";
  switch (predicted.kind) {
    case "unbounded":
      return "broken";
    case "unknown":
      return "unknown";
    case "bounded":
      return predicted.total <= promised ? "kept" : "broken";
  }
}

const worst: readonly Verdict[] = ["broken", "unknown", "kept", "not-promised"];

/** The worst of several; a row is kept only when nothing in it is broken or unknown. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  return worst.find((verdict) => verdicts.includes(verdict)) ?? "not-promised";
}
