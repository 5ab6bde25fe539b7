import type { Outcome } from "../src/contracts/drills.js";
import { formatMeasured, formatOutcome, formatPrediction, formatWorstCase } from "../src/promises/format.js";
import { linesOf, missingFor } from "./calibrate.js";
import type { Case } from "./case.js";
import { type Line, medianRatio } from "./judge.js";
import type { Results } from "./results.js";

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
  ].join("\n");
}

/** The lines of one case, for the terminal. */
export function table(lines: readonly Line[]): string {
  return [HEAD, ...lines.map(row)].join("\n");
}

function row(line: Line): string {
  const { predicted, median, worst, unit, ratio } = line;
  const prediction =
    unit === "count" && predicted.kind === "bounded" ? String(predicted.total) : formatPrediction(predicted);
  const cells = [
    line.case,
    line.what,
    prediction,
    outcome(median, unit),
    `${outcome(worst, unit)} of ${line.runs}`,
    ratio === undefined ? "–" : Number.isFinite(ratio) ? ratio.toFixed(1) : "∞",
  ];
  return `| ${cells.join(" | ")} |${line.problems.map((problem) => ` **${problem}**`).join("")}`;
}

function outcome(measured: Outcome, unit: Line["unit"]): string {
  if (unit === "count" && measured.kind === "measured") return String(measured.ms);
  if (measured.kind === "never-recovered") return `never (within ${formatMeasured(measured.afterMs)})`;
  return formatOutcome(measured);
}

function terms({ what, predicted, unit }: Line): string[] {
  if (predicted.kind !== "bounded") return [`- ${what}: ${predicted.kind}, ${predicted.why}`];
  if (unit === "count") return [`- ${what}: ${predicted.terms.map(({ name }) => name).join(" + ")}`];
  return [`- ${what}: ${predicted.terms.map(({ name, value }) => `${name} ${formatWorstCase(value)}`).join(" + ")}`];
}

function missing(of: Case): string {
  const reasons = missingFor(of);
  return reasons.length > 0 ? `not measured: ${reasons.join("; ")}` : "not measured yet";
}
