import type { Verdict } from "../../contracts/verdict.js";
import { type Marks, PLAIN } from "../marks.js";
import type { ChangeKind } from "./compare.js";
import type { EnvironmentComparison } from "./comparison.js";
import { type ChangeGroup, grouped, groupText, sizeDifferences, summaryOf } from "./format.js";

/** The verdict whose colour a change has. */
const COLOURS: Readonly<Record<ChangeKind, Verdict>> = {
  lost: "broken",
  withdrawn: "unknown",
  removed: "not-promised",
  worse: "unknown",
  relaxed: "unknown",
  added: "not-promised",
  tightened: "not-promised",
  better: "kept",
  gained: "kept",
};

/** A comparison for a terminal: for each environment the promises that differ, with the terms that make the difference. */
export function comparisonText(
  title: string,
  environments: readonly EnvironmentComparison[],
  marks: Marks = PLAIN,
): string {
  const sections = environments
    .map((each) => ({ each, size: sizeDifferences(each) }))
    .filter(({ each, size }) => each.changes.length > 0 || size.length > 0);
  return [
    marks.heading(title),
    ...sections.flatMap(({ each, size }) => [
      "",
      marks.heading(each.environment),
      ...grouped(each.changes).flatMap((group) => groupLines(group, marks)),
      ...size.map((line) => `  size       ${line}`),
    ]),
    "",
    summaryOf(environments),
  ].join("\n");
}

function groupLines(group: ChangeGroup, marks: Marks): readonly string[] {
  const { kind, reasons } = group;
  return [
    `  ${marks.verdict(kind.padEnd(9), COLOURS[kind])}  ${groupText(group)}`,
    ...reasons.map((reason) => marks.quiet(`               ${reason}`)),
  ];
}
