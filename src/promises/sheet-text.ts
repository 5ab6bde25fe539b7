import { exceeds } from "../contracts/exceeds.js";
import type { Verdict } from "../contracts/verdict.js";
import { availabilityLines } from "./availability-text.js";
import { explanationLines, needsExplanation } from "./explanation-text.js";
import { formatOutcome, formatPrediction, formatWorstCase } from "./format.js";
import { explanationKey } from "./grouping.js";
import { latencyLines } from "./latency/latency-text.js";
import { type Marks, PLAIN, SIGNS, verdictText } from "./marks.js";
import { outgrownText } from "./observation.js";
import type { Cell, PromiseSheet, Row } from "./sheet.js";
import { verdictOf } from "./verdict.js";

const COLUMNS = [
  "subject",
  "RTO promised",
  "predicted",
  "measured",
  "RPO promised",
  "predicted",
  "measured",
  "verdict",
] as const;

/** The sheet as tables for a terminal, one per fault. The terms of broken and unknown promises follow their row. */
export function sheetText(sheet: PromiseSheet, marks: Marks = PLAIN): string {
  const widths = columnWidths(sheet.rows);
  const lines = [marks.heading(`${sheet.platform} in ${sheet.environment}: promised, predicted and measured recovery`)];
  for (const rows of byFault(sheet.rows)) lines.push("", ...faultLines(rows, widths, marks));
  if (sheet.rows.length === 0) lines.push("", "  no faults apply: the environment has no unit and no store");
  lines.push(...availabilityLines(sheet.availability, marks), ...latencyLines(sheet, marks));
  if (sheet.outgrown.length > 0)
    lines.push("", ...sheet.outgrown.map((each) => marks.verdict(`! ${outgrownText(each)}`, "unknown")));
  lines.push("", countLine(sheet, marks));
  return lines.join("\n");
}

/** The rows of each fault, in the order of the sheet. */
function byFault(rows: readonly Row[]): Iterable<readonly [Row, ...Row[]]> {
  const faults = new Map<string, [Row, ...Row[]]>();
  for (const row of rows) {
    const group = faults.get(row.fault);
    if (group) group.push(row);
    else faults.set(row.fault, [row]);
  }
  return faults.values();
}

/** The table of one fault. An explanation that an earlier row already has is replaced by a reference to that row. */
function faultLines(rows: readonly [Row, ...Row[]], widths: readonly number[], marks: Marks): readonly string[] {
  const [{ fault, title }] = rows;
  const explained = new Map<string, string>();
  return [
    `${marks.heading(fault)}  ${marks.quiet(title)}`,
    `  ${marks.quiet(padded(COLUMNS, widths).join("  ").trimEnd())}`,
    ...rows.flatMap((row) => {
      const line = `  ${markedRow(row, padded(rowCells(row), widths), marks)}`;
      if (!needsExplanation(row)) return [line];
      const key = explanationKey(row);
      const same = explained.get(key);
      if (same !== undefined) return [line, `      same as ${same} above`];
      explained.set(key, row.subject);
      return [line, ...explanationLines(row, marks)];
    }),
  ];
}

function columnWidths(rows: readonly Row[]): readonly number[] {
  const widths = COLUMNS.map((column) => column.length);
  for (const row of rows) {
    for (const [index, text] of rowCells(row).entries()) widths[index] = Math.max(widths[index] ?? 0, text.length);
  }
  return widths;
}

function padded(texts: readonly string[], widths: readonly number[]): readonly string[] {
  return texts.map((text, index) => text.padEnd(widths[index] ?? 0));
}

function rowCells(row: Row): readonly string[] {
  return [row.subject, ...cellTexts(row.rto), ...cellTexts(row.rpo), verdictText(row.verdict)];
}

function cellTexts(cell: Cell): readonly [string, string, string] {
  const { promised, predicted, measured, underestimated } = cell;
  const broken = measured !== undefined && promised !== undefined && exceeds(measured, promised);
  return [
    promised === undefined ? "–" : formatWorstCase(promised),
    `${formatPrediction(predicted)} ${SIGNS[verdictOf(promised, predicted, undefined)]}`,
    measured === undefined ? "–" : `${formatOutcome(measured)}${broken ? " ✗" : underestimated ? " !" : ""}`,
  ];
}

function markedRow(row: Row, texts: readonly string[], marks: Marks): string {
  const verdicts: Readonly<Record<number, Verdict>> = { 2: row.rto.verdict, 5: row.rpo.verdict, 7: row.verdict };
  return texts
    .map((text, index) => {
      const verdict = verdicts[index];
      return verdict === undefined ? text : marks.verdict(text, verdict);
    })
    .join("  ")
    .trimEnd();
}

/** Counts every line of the sheet: each fault on each subject, each availability, and each latency. */
function countLine({ rows, availability, latency }: PromiseSheet, marks: Marks): string {
  const verdicts = [...rows, ...availability, ...latency].map(({ verdict }) => verdict);
  const count = (verdict: Verdict): number => verdicts.filter((each) => each === verdict).length;
  return (["kept", "broken", "unknown", "not-promised"] as const)
    .filter((verdict) => verdict === "kept" || count(verdict) > 0)
    .map((verdict) => marks.verdict(`${SIGNS[verdict]} ${count(verdict)} ${verdictText(verdict)}`, verdict))
    .join("   ");
}
