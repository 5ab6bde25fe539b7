import type { Milliseconds } from "../plan/plan.js";
import type { Prediction } from "./prediction.js";

/** The worst first. `unknown` is a promise of which nobody can say whether it holds: it counts as not kept. */
export const verdicts = ["broken", "unknown", "kept", "not-promised"] as const;

export type Verdict = (typeof verdicts)[number];

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

/** The worst of several; a row is kept only when nothing in it is broken or unknown. */
export function worstOf(several: readonly Verdict[]): Verdict {
  return verdicts.find((verdict) => several.includes(verdict)) ?? "not-promised";
}
