import type { Bytes } from "../src/plan/plan.js";
import { formatSize, formatWorstCase } from "../src/promises/format.js";
import { predictionsOf } from "./calibrate.js";
import type { Case } from "./case.js";
import { type Fit, fitLine } from "./fit.js";
import type { Results } from "./results.js";

/** Cases that differ in the size of their store alone, and one that is too large to measure here. */
export interface Sizes {
  readonly title: string;
  readonly measured: readonly Case[];
  readonly extrapolated: Case;
  /** Names of the figures that grow with the size. */
  readonly figures: readonly string[];
}

/** What the measured sizes let one expect of a larger one, and what is predicted for it. */
export interface Extrapolation {
  readonly figure: string;
  readonly what: string;
  readonly bytes: Bytes;
  readonly fit: Fit;
  /** Milliseconds. */
  readonly predicted: number;
}

/** An extrapolation of each figure; none without measurements of several sizes. */
export function extrapolations({ measured, extrapolated, figures }: Sizes, results: Results): readonly Extrapolation[] {
  const { plan, sheet } = predictionsOf(extrapolated);
  return figures.flatMap((name) => {
    const figure = extrapolated.figures[name];
    const predicted = figure?.predicted(sheet, plan);
    const fit = fitLine(measured.flatMap((of) => pointsOf(of, results[of.name]?.figures[name] ?? [])));
    if (!figure || !fit || predicted?.kind !== "bounded") return [];
    return [{ figure: name, what: figure.what, bytes: sizeOf(extrapolated), fit, predicted: predicted.total }];
  });
}

function pointsOf(of: Case, outcomes: Results[string]["figures"][string]): readonly (readonly [number, number])[] {
  const bytes = sizeOf(of);
  return outcomes.flatMap((outcome) => (outcome.kind === "measured" ? [[bytes, outcome.ms] as const] : []));
}

/** The declared size of the only store. */
function sizeOf(of: Case): Bytes {
  const [store] = predictionsOf(of).plan.stores;
  if (!store) throw new Error(`${of.name} has no store`);
  return store.size;
}

/** The section of docs/calibration.md; empty without measurements. */
export function sizesSection(sizes: Sizes, results: Results): readonly string[] {
  const all = extrapolations(sizes, results);
  if (all.length === 0) return [];
  return [
    "",
    `### ${sizes.title}`,
    "A straight line through the measurements of every size; ± is the interval that contains 95 % of single measurements.",
    "",
    "| figure | fixed part | rate | measured sizes let expect | predicted |",
    "| --- | --- | --- | --- | --- |",
    ...all.map(({ what, bytes, fit, predicted }) => {
      const { value, error } = fit.at(bytes);
      const cells = [
        what,
        formatWorstCase(Math.max(0, fit.fixed)),
        `${(1 / fit.perUnit / 1000).toFixed(0)} MB/s`,
        `${formatWorstCase(value)} ± ${formatWorstCase(error)} for ${formatSize(bytes)}`,
        formatWorstCase(predicted),
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  ];
}
