import type { Outcome } from "../src/contracts/drills.js";
import { formatWorstCase } from "../src/promises/format.js";
import type { Prediction } from "../src/promises/prediction.js";
import { linesOf, missingFor } from "./calibrate.js";
import type { Case } from "./case.js";
import { restoreSizes } from "./cases/restore.js";
import { type Line, medianRatio } from "./judge.js";
import type { Results } from "./results.js";
import { sizesSection } from "./sizes.js";

const HEAD = "| case | figure | predicted | median | worst of n | ratio |\n| --- | --- | --- | --- | --- | --- |";

/** The table and the section of every case, as docs/calibration.md contains them. */
export function page(cases: readonly Case[], results: Results): string {
  const measured = cases.flatMap((of) => {
    const result = results[of.name];
    return result ? [{ of, result, lines: linesOf(of, result) }] : [];
  });
  const lines = measured.flatMap((each) => each.lines);
  const median = medianRatio(lines);
  return [
    HEAD,
    ...lines.map(row),
    ...cases.filter(({ name }) => !results[name]).map((of) => `| ${of.name} | ${missing(of)} | | | | |`),
    "",
    `Median ratio: ${median === undefined ? "none" : median.toFixed(1)}.`,
    ...measured.flatMap(({ of, result, lines: own }) => [
      "",
      `### ${of.name}`,
      `${of.title}`,
      "",
      ...own.flatMap(terms),
      ...own.flatMap((line) => (line.whyLarge === undefined ? [] : [`- ${line.what}, ratio: ${line.whyLarge}`])),
      `- measured ${result.date} on ${result.machine}: ${Object.entries(result.versions)
        .map(([program, version]) => `${program} ${version}`)
        .join(", ")}`,
    ]),
    ...sizesSection(restoreSizes, results),
  ].join("\n");
}

/** The lines of one case, for the terminal. */
export function table(lines: readonly Line[]): string {
  return [HEAD, ...lines.map(row)].join("\n");
}

function row(line: Line): string {
  const { predicted, median, worst, unit, ratio } = line;
  const cells = [
    line.case,
    line.what,
    prediction(predicted, unit),
    outcome(median, unit),
    `${outcome(worst, unit)} of ${line.runs}`,
    ratio === undefined ? "–" : Number.isFinite(ratio) ? ratio.toFixed(1) : "∞",
  ];
  return `| ${cells.join(" | ")} |${line.problems.map((problem) => ` **${problem}**`).join("")}`;
}

/** Predictions are rounded up and measurements to the nearest, so that neither hides that one exceeds the other. */
function prediction(predicted: Prediction, unit: Line["unit"]): string {
  if (predicted.kind !== "bounded") return predicted.kind;
  return unit === "count" ? String(predicted.total) : formatFine(predicted.total, Math.ceil);
}

/** What was measured, as a cell of the table. */
export function outcome(measured: Outcome, unit: Line["unit"] = "duration"): string {
  switch (measured.kind) {
    case "measured":
      return unit === "count" ? String(measured.ms) : formatFine(measured.ms, Math.round);
    case "never-recovered":
      return `never (within ${formatFine(measured.afterMs, Math.round)})`;
    case "not-applicable":
      return "n/a";
  }
}

/** With milliseconds below a second and tenths below a minute: a ratio of two figures can be checked from them. */
function formatFine(ms: number, round: (value: number) => number): string {
  const tenths = round(ms / 100);
  if (round(ms) < 1_000) return formatWorstCase(round(ms));
  return tenths < 600 ? `${(tenths / 10).toFixed(1)}s` : formatWorstCase(round(ms / 1_000) * 1_000);
}

function terms({ what, predicted, unit }: Line): string[] {
  if (predicted.kind !== "bounded") return [`- ${what}: ${predicted.kind}, ${predicted.why}`];
  if (unit === "count") return [`- ${what}: ${predicted.terms.map(({ name }) => name).join(" + ")}`];
  return [
    `- ${what}: ${predicted.terms.map(({ name, value }) => `${name} ${formatFine(value, Math.ceil)}`).join(" + ")}`,
  ];
}

function missing(of: Case): string {
  const reasons = missingFor(of);
  return reasons.length > 0 ? `not measured: ${reasons.join("; ")}` : "not measured yet";
}
