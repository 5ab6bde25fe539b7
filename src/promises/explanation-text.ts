import { exceeds } from "../contracts/exceeds.js";
import { alertExpression } from "./alert-condition.js";
import { type Alert, TARGETS_WITH_ALERT_RULES } from "./alerts.js";
import { formatOutcome, formatPrediction, formatWorstCase } from "./format.js";
import { type Marks, PLAIN, verdictText } from "./marks.js";
import type { Term } from "./prediction.js";
import { runbookText } from "./runbooks/runbook.js";
import type { Cell, Row } from "./sheet.js";
import { sourceText } from "./source-text.js";

const COLUMN = "         ";

/** Everything about these rows: terms with their sources, alert, drill and runbook. */
export function explanationText(rows: readonly Row[], marks: Marks = PLAIN): string {
  return rows.map((row) => rowText(row, marks)).join("\n\n");
}

function rowText(row: Row, marks: Marks): string {
  return [
    marks.heading(`${row.fault} / ${row.subject}`),
    marks.quiet(row.title),
    "",
    ...cellLines("RTO", row.rto, marks, ""),
    ...cellLines("RPO", row.rpo, marks, ""),
    "",
    ...alertLines(row.alert, marks),
    `drill    ${row.drill === undefined ? `none: predicted only, not measured: ${row.undrilled ?? ""}` : `keelson drill ${row.drill}`}`,
    "",
    runbookText(row.runbook).trimEnd(),
  ].join("\n");
}

function alertLines({ name, severity, for: delay, summary, condition }: Alert, marks: Marks): readonly string[] {
  const first = `alert    ${name} (${severity}${delay > 0 ? `, after ${formatWorstCase(delay)}` : ""}): ${summary}`;
  if (condition.kind === "unmeasured") return [first, `${COLUMN}${marks.quiet(`no expression: ${condition.why}`)}`];
  const rendered = `rule: keelson render -t ${TARGETS_WITH_ALERT_RULES.join(", ")}`;
  return [first, `${COLUMN}${alertExpression(condition)}`, `${COLUMN}${marks.quiet(rendered)}`];
}

/** Whether the sheet explains a row: a promise of it is not kept, or a prediction was too low. */
export function needsExplanation({ rto, rpo }: Row): boolean {
  return isExplained(rto) || isExplained(rpo);
}

function isExplained({ verdict, underestimated }: Cell): boolean {
  return verdict === "broken" || verdict === "unknown" || underestimated === true;
}

/** The terms of each promise of a row that is not kept, or whose prediction was too low. */
export function explanationLines(row: Row, marks: Marks): readonly string[] {
  return (["rto", "rpo"] as const).flatMap((of) =>
    isExplained(row[of]) ? cellLines(of.toUpperCase(), row[of], marks, "      ") : [],
  );
}

/** `RTO 5m at worst, 15m promised: kept` */
export function cellSummary(name: string, { predicted, promised, measured, verdict }: Cell): string {
  const against = promised === undefined ? "nothing promised" : `${formatWorstCase(promised)} promised`;
  // The prediction may be kept while the measurement is not: the sentence states which of them breaks the promise.
  const broken = measured !== undefined && promised !== undefined && exceeds(measured, promised);
  const found = broken
    ? `${measured.kind === "never-recovered" ? "not recovered in the newest drill" : `${formatOutcome(measured)} measured`}, ${formatPrediction(predicted)} predicted`
    : `${formatPrediction(predicted)} at worst`;
  return `${name} ${found}, ${against}: ${verdictText(verdict)}`;
}

function cellLines(name: string, cell: Cell, marks: Marks, indent: string): readonly string[] {
  const { predicted, measured, verdict } = cell;
  const lines = [`${indent}${marks.verdict(cellSummary(name, cell), verdict)}`];
  if (predicted.kind === "bounded")
    lines.push(...termLines(predicted.terms, marks).map((line) => `${indent}  ${line}`));
  else {
    lines.push(`${indent}  ${predicted.why}`);
    if (predicted.fix) lines.push(`${indent}  fix: ${predicted.fix.advice}`);
  }
  if (measured?.kind === "never-recovered") {
    lines.push(`${indent}  the newest drill: no recovery within ${formatWorstCase(measured.afterMs)}`);
  } else if (cell.underestimated && measured !== undefined) {
    lines.push(`${indent}  warning: a drill measured ${formatOutcome(measured)}, more than predicted`);
  }
  return lines;
}

/** One line per term, aligned: value, name with its calculation, source. */
export function termLines(
  terms: readonly Term[],
  marks: Marks,
  format: (value: number) => string = formatWorstCase,
): readonly string[] {
  const columns = terms.map(({ value, name, how, origin }) => ({
    value: format(value),
    name: how === undefined ? name : `${name} (${how})`,
    source: sourceText(origin),
  }));
  const width = (of: "value" | "name"): number => Math.max(0, ...columns.map((column) => column[of].length));
  return columns.map(
    ({ value, name, source }) =>
      `${value.padStart(width("value"))}  ${name.padEnd(width("name"))}  ${marks.quiet(source)}`,
  );
}
