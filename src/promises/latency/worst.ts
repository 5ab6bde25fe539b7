import type { Prediction } from "../prediction.js";

/** The worst of several predictions: unbounded, then unknown, then the longest. There must be one. */
export function worstPrediction(all: readonly Prediction[]): Prediction {
  const [first, ...rest] = all;
  if (!first) throw new Error("nothing to compare");
  return rest.reduce((worst, each) => (rank(each) > rank(worst) ? each : worst), first);
}

function rank(prediction: Prediction): number {
  if (prediction.kind === "bounded") return prediction.total;
  return prediction.kind === "unbounded" ? Number.POSITIVE_INFINITY : Number.MAX_VALUE;
}
