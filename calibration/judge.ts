import type { Outcome } from "../src/contracts/drills.js";
import { exceeds } from "../src/contracts/exceeds.js";
import type { Plan } from "../src/plan/plan.js";
import { bounded, type Prediction } from "../src/promises/prediction.js";
import type { Case, Figure, Unit } from "./case.js";

/** The median of all ratios may not be more. */
export const MAX_MEDIAN_RATIO = 3;
/** A larger ratio needs a reason. */
export const MAX_UNEXPLAINED_RATIO = 5;

/** One line of the calibration: a figure's prediction and what its repetitions measured. */
export interface Line {
  readonly case: string;
  readonly figure: string;
  readonly what: string;
  readonly unit: Unit;
  readonly predicted: Prediction;
  readonly median: Outcome;
  readonly worst: Outcome;
  readonly runs: number;
  /** Predicted ÷ worst measured. Undefined where either has no end; 1 where both are 0. */
  readonly ratio: number | undefined;
  /** The reason for a large ratio; undefined for any other. */
  readonly whyLarge: string | undefined;
  /** What is wrong with the prediction; empty if it holds. */
  readonly problems: readonly string[];
}

/** Compares one figure with its measurements. */
export function judge(
  of: Pick<Case, "name">,
  key: string,
  figure: Figure,
  predicted: Prediction,
  outcomes: readonly Outcome[],
): Line {
  const sorted = [...outcomes].sort((a, b) => lengthOf(a) - lengthOf(b));
  const worst = sorted.at(-1);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (!worst || !median) throw new Error(`${of.name}/${key} was not measured`);
  const ratio = ratioOf(predicted, worst);
  const problems: string[] = [];
  if (predicted.kind === "unknown") problems.push(`nothing is predicted: ${predicted.why}`);
  if (predicted.kind === "bounded" && exceeds(worst, predicted.total)) problems.push("measured more than predicted");
  if (worst.kind === "not-applicable") problems.push(`nothing was measured: ${worst.reason ?? "no reason"}`);
  const isLarge = ratio !== undefined && ratio > MAX_UNEXPLAINED_RATIO;
  if (isLarge && figure.whyLarge === undefined) problems.push(`a ratio of ${ratio.toFixed(1)} is not explained`);
  return {
    case: of.name,
    figure: key,
    what: figure.what,
    unit: figure.unit ?? "duration",
    predicted,
    median,
    worst,
    runs: outcomes.length,
    ratio,
    whyLarge: isLarge ? figure.whyLarge : undefined,
    problems,
  };
}

/** What is wrong with the calibration as a whole: the problems of its lines, and a median ratio that is too large. */
export function problemsOf(lines: readonly Line[]): readonly string[] {
  const own = lines.flatMap((line) => line.problems.map((problem) => `${line.case}/${line.figure}: ${problem}`));
  const median = medianRatio(lines);
  return median !== undefined && median > MAX_MEDIAN_RATIO
    ? [...own, `the median ratio is ${median.toFixed(1)}, at most ${MAX_MEDIAN_RATIO} is allowed`]
    : own;
}

/** The lower median of the ratios; undefined without one. */
export function medianRatio(lines: readonly Line[]): number | undefined {
  const ratios = lines.flatMap(({ ratio }) => ratio ?? []).sort((a, b) => a - b);
  return ratios[Math.floor((ratios.length - 1) / 2)];
}

/** The prediction without one of its terms, as if the code had forgotten it. */
export function withoutTerm(plan: Plan, prediction: Prediction, name: string): Prediction {
  if (prediction.kind !== "bounded") return prediction;
  return bounded(
    plan,
    "",
    prediction.terms.filter((term) => term.name !== name),
  );
}

function lengthOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case "measured":
      return outcome.ms;
    case "never-recovered":
      return Number.POSITIVE_INFINITY;
    case "not-applicable":
      return Number.MAX_VALUE;
  }
}

function ratioOf(predicted: Prediction, worst: Outcome): number | undefined {
  if (predicted.kind !== "bounded" || worst.kind !== "measured") return undefined;
  if (worst.ms === 0) return predicted.total === 0 ? 1 : Number.POSITIVE_INFINITY;
  return predicted.total / worst.ms;
}
