import type { Verdict } from "../contracts/verdict.js";
import { formatRatio } from "../platform-file/format.js";
import type { PredictedAvailability } from "./availability.js";
import { outcomeText, predictionText, readable, termLines } from "./explain.js";
import type { PromisedLatency } from "./latency.js";
import { runbookText } from "./runbooks/runbook.js";
import type { Cell, PromiseSheet, Row } from "./sheet.js";

/** How parts of the sheet are marked for the eye; the text itself says the same. */
export interface Marks {
  readonly heading: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly verdict: (text: string, verdict: Verdict) => string;
}

const unmarked: Marks = { heading: (text) => text, quiet: (text) => text, verdict: (text) => text };

const signs: Readonly<Record<Verdict, string>> = { kept: "✓", broken: "✗", unknown: "?", "not-promised": "·" };
const columns = [
  "subject",
  "RTO promised",
  "predicted",
  "measured",
  "RPO promised",
  "predicted",
  "measured",
  "verdict",
] as const;

/** The sheet as a table for a terminal, fault by fault; broken and unknown promises are reckoned up under their row. */
export function sheetText(sheet: PromiseSheet, marks: Marks = unmarked): string {
  const cells = sheet.rows.map(rowCells);
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const pad = (texts: readonly string[]): string[] => texts.map((text, index) => text.padEnd(widths[index] ?? 0));

  const lines = [marks.heading(`${sheet.platform} in ${sheet.environment}: what it promises, fault by fault`), ""];
  let fault = "";
  let reckoned: ReadonlyMap<string, string> = new Map();
  for (const [index, row] of sheet.rows.entries()) {
    if (row.fault !== fault) {
      if (fault !== "") lines.push("");
      lines.push(
        `${marks.heading(row.fault)}  ${marks.quiet(row.title)}`,
        `  ${marks.quiet(pad(columns).join("  ").trimEnd())}`,
      );
      fault = row.fault;
      reckoned = new Map();
    }
    lines.push(`  ${markedRow(row, pad(cells[index] ?? []), marks)}`);
    // What was reckoned up once for a fault is not said again for each of its subjects.
    const reasons = reckoning(row, marks);
    const text = reasons
      .join("\n")
      .replaceAll(row.subject, "")
      .replace(/:\d+:\d+/g, "");
    const same = reckoned.get(text);
    if (reasons.length > 0) lines.push(...(same === undefined ? reasons : [`      as ${same} above`]));
    if (same === undefined) reckoned = new Map([...reckoned, [text, row.subject]]);
  }
  if (sheet.rows.length === 0) lines.push("  nothing that could break: the environment has no unit and no store");
  lines.push(...availabilityLines(sheet.availability, marks), ...latencyLines(sheet.latency, marks));
  lines.push("", countLine(sheet, marks));
  return lines.join("\n");
}

/** Everything about the rows of one fault, or of one fault on one subject: terms, alert, runbook, drill. */
export function explanationText(rows: readonly Row[], marks: Marks = unmarked): string {
  return rows.map((row) => explained(row, marks)).join("\n\n");
}

function explained(row: Row, marks: Marks): string {
  const { alert } = row;
  return [
    marks.heading(`${row.fault} / ${row.subject}`),
    marks.quiet(row.title),
    "",
    ...cellLines("RTO", row.rto, marks, ""),
    ...cellLines("RPO", row.rpo, marks, ""),
    "",
    `alert    ${alert.name} (${alert.severity}${alert.for > 0 ? `, after ${readable(alert.for)}` : ""}): ${alert.summary}`,
    `drill    ${row.drill === undefined ? "none yet: predicted, and measured nowhere" : `keelson drill ${row.drill}`}`,
    "",
    runbookText(row.runbook).trimEnd(),
  ].join("\n");
}

function rowCells(row: Row): readonly string[] {
  return [row.subject, ...cellTexts(row.rto), ...cellTexts(row.rpo), row.verdict.replace("-", " ")];
}

function cellTexts(cell: Cell): readonly [string, string, string] {
  return [
    cell.promised === undefined ? "–" : readable(cell.promised),
    `${predictionText(cell.predicted)} ${signs[cell.verdict]}`,
    cell.measured === undefined ? "–" : `${outcomeText(cell.measured)}${cell.underestimated ? " !" : ""}`,
  ];
}

function markedRow(row: Row, texts: readonly string[], marks: Marks): string {
  const verdicts: readonly (Verdict | undefined)[] = [
    undefined,
    undefined,
    row.rto.verdict,
    undefined,
    undefined,
    row.rpo.verdict,
    undefined,
    row.verdict,
  ];
  return texts
    .map((text, index) => {
      const verdict = verdicts[index];
      return verdict === undefined ? text : marks.verdict(text, verdict);
    })
    .join("  ")
    .trimEnd();
}

/** Said under the row without being asked: why a promise is not kept, or that a prediction was wrong. */
function reckoning(row: Row, marks: Marks): readonly string[] {
  return (["rto", "rpo"] as const).flatMap((of) => {
    const cell = row[of];
    const bad = cell.verdict === "broken" || cell.verdict === "unknown";
    return bad || cell.underestimated ? cellLines(of.toUpperCase(), cell, marks, "      ") : [];
  });
}

function cellLines(name: string, cell: Cell, marks: Marks, indent: string): readonly string[] {
  const { predicted, promised, measured } = cell;
  const against = promised === undefined ? "nothing promised" : `${readable(promised)} promised`;
  const lines = [
    `${indent}${marks.verdict(`${name} ${predictionText(predicted)} at worst, ${against}: ${cell.verdict.replace("-", " ")}`, cell.verdict)}`,
  ];
  if (predicted.kind === "bounded") {
    const terms = termLines(predicted.terms);
    const [value, term] = [0, 1].map((column) => Math.max(0, ...terms.map((line) => line[column]?.length ?? 0)));
    for (const [amount, what, from] of terms) {
      lines.push(`${indent}  ${amount.padStart(value ?? 0)}  ${what.padEnd(term ?? 0)}  ${marks.quiet(from)}`);
    }
  } else {
    lines.push(`${indent}  ${predicted.why}`);
    if (predicted.fix) lines.push(`${indent}  fix: ${predicted.fix.advice}`);
  }
  if (measured?.kind === "never-recovered")
    lines.push(`${indent}  the newest drill: no recovery within ${readable(measured.afterMs)}`);
  else if (cell.underestimated && measured !== undefined)
    lines.push(`${indent}  warning: a drill measured ${outcomeText(measured)}, more than was predicted`);
  return lines;
}

function availabilityLines(availability: readonly PredictedAvailability[], marks: Marks): readonly string[] {
  if (availability.length === 0) return [];
  const lines = ["", `${marks.heading("availability")}  ${marks.quiet("what a request needs, in series")}`];
  for (const { subject, promised, predicted, verdict } of availability) {
    const answer = predicted.kind === "known" ? percent(predicted.value) : "unknown";
    lines.push(
      `  ${subject}  ${formatRatio(promised)} promised  ${marks.verdict(`${answer} predicted ${signs[verdict]}`, verdict)}`,
    );
    if (verdict === "kept") continue;
    if (predicted.kind === "unknown") lines.push(`      ${predicted.why}`);
    else
      for (const { name, value, source } of predicted.parts)
        lines.push(`      ${percent(value)}  ${name}  ${marks.quiet(source)}`);
  }
  return lines;
}

function latencyLines(latency: readonly PromisedLatency[], marks: Marks): readonly string[] {
  if (latency.length === 0) return [];
  const why = "measured under load by whoever keeps the metrics; nothing here predicts it";
  return [
    "",
    `${marks.heading("latency")}  ${marks.quiet(why)}`,
    ...latency.map(
      (promise) =>
        `  ${promise.subject}  ${latencyText(promise)} promised  ${marks.verdict("not predicted ?", "unknown")}`,
    ),
  ];
}

/** `p95 within 2s`. */
export function latencyText({ percentile, within }: Pick<PromisedLatency, "percentile" | "within">): string {
  return `p${Math.round(percentile * 100)} within ${readable(within)}`;
}

/** Four decimals, rounded down: nines are never rounded up. */
export function percent(ratio: number): string {
  return `${(Math.floor(ratio * 1e6 + 1e-9) / 1e4).toFixed(4).replace(/\.?0+$/, "")}%`;
}

/** Every line of the sheet is counted: each fault on each subject, each availability, and what has no verdict. */
function countLine(sheet: PromiseSheet, marks: Marks): string {
  const verdicts = [...sheet.rows, ...sheet.availability].map(({ verdict }) => verdict);
  const count = (verdict: Verdict): number => verdicts.filter((each) => each === verdict).length;
  const counts = (["kept", "broken", "unknown", "not-promised"] as const)
    .filter((verdict) => verdict === "kept" || count(verdict) > 0)
    .map((verdict) => marks.verdict(`${signs[verdict]} ${count(verdict)} ${verdict.replace("-", " ")}`, verdict));
  const unpredicted = sheet.latency.length;
  return [...counts, ...(unpredicted > 0 ? [marks.verdict(`? ${unpredicted} not predicted`, "unknown")] : [])].join(
    "   ",
  );
}
