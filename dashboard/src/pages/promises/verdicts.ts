import { exceeds } from "../../../../src/contracts/exceeds.js";
import type { Outcome } from "../../api/drills.js";
import type { Availability, Cell, Latency, Row, Sheet, Verdict } from "../../api/promises.js";
import { duration, outcome, plural, share } from "../../format.js";
import { formatLatency, formatResponse } from "./latency-text.js";

export const verdicts: readonly Verdict[] = ["broken", "unknown", "kept", "not-promised"];

export const tones = {
  kept: "kept",
  broken: "broken",
  unknown: "unknown",
  "not-promised": "quiet",
} as const satisfies Readonly<Record<Verdict, string>>;

export const words: Readonly<Record<Verdict, string>> = {
  kept: "kept",
  broken: "broken",
  unknown: "unknown",
  "not-promised": "not promised",
};

/** A prediction as the text of a table cell. */
export function predicted({ predicted: prediction, promised }: Cell): string {
  return prediction.kind === "bounded" ? against(prediction.total, promised) : prediction.kind;
}

/** A duration that is compared with a promise: `>` is added if both are rounded to the same text. */
export function against(value: number, promised: number | undefined): string {
  const text = duration(value);
  return promised !== undefined && value > promised && text === duration(promised) ? `> ${text}` : text;
}

/** A measured outcome that is compared with a promise. */
export function measuredAgainst(measured: Outcome | undefined, promised: number | undefined): string {
  return measured?.kind === "measured" ? against(measured.ms, promised) : outcome(measured);
}

/** Whether a measurement is worse than a promise. A platform that never recovered exceeds every promise. */
export function isExceeded(measured: Outcome | undefined, promised: number | undefined): boolean {
  return measured !== undefined && promised !== undefined && exceeds(measured, promised);
}

/** Whether any drill measured one of the row's objectives. */
function isMeasured(measured: Outcome | undefined): boolean {
  return measured !== undefined && measured.kind !== "not-applicable";
}

export function countByVerdict(rows: readonly { readonly verdict: Verdict }[]): ReadonlyMap<Verdict, number> {
  const counts = new Map<Verdict, number>();
  for (const { verdict } of rows) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return counts;
}

/** How many promises are broken or unknown: by fault in the order of the sheet, then availability and latency. */
export function notKept({
  rows,
  availability,
  latency,
}: Pick<Sheet, "rows" | "availability" | "latency">): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (kind: string, { verdict }: { readonly verdict: Verdict }) => {
    if (verdict === "broken" || verdict === "unknown") counts.set(kind, (counts.get(kind) ?? 0) + 1);
  };
  for (const row of rows) count(row.fault, row);
  for (const row of availability) count("availability", row);
  for (const row of latency) count("latency", row);
  return counts;
}

function wasMeasured({ rto, rpo }: Row): boolean {
  return isMeasured(rto.measured) || isMeasured(rpo.measured);
}

/** Whether a drill measured anything of the sheet. */
export function anyMeasured({ rows }: Pick<Sheet, "rows">): boolean {
  return rows.some(wasMeasured);
}

/** The sheet in one sentence, the worst verdict first. Includes availability and latency, which no drill measures. */
export function summary({ rows, availability, latency }: Sheet): string {
  const recoveries = rows.filter(({ verdict }) => verdict !== "not-promised");
  const promised = [...recoveries, ...availability, ...latency];
  if (promised.length === 0) return "The platform file declares no objectives.";
  const broken = promised.filter(({ verdict }) => verdict === "broken");
  const unknown = promised.filter(({ verdict }) => verdict === "unknown");
  const measured = recoveries.filter(wasMeasured);
  const proven =
    measured.length === 0
      ? "None is measured by a drill yet."
      : `${measured.length} of ${recoveries.length} measured by a drill.`;
  const [worst] = broken;
  if (worst) {
    const others = broken.length - 1;
    return `${why(worst)}${others > 0 ? ` ${others === 1 ? "One more promise is" : `${others} more promises are`} broken.` : ""} ${proven}`;
  }
  if (unknown.length > 0)
    return `${plural(promised.length - unknown.length, "promise")} kept, ${unknown.length} unknown: a promise that cannot be predicted is not kept. ${proven}`;
  return `${promised.length === 1 ? "The one promise is" : `All ${promised.length} promises are`} kept by prediction. ${proven}`;
}

function why(broken: Row | Availability | Latency): string {
  if ("within" in broken) return latencyReason(broken);
  if (!("fault" in broken)) {
    const { subject, promised, predicted } = broken;
    const answer = predicted.kind === "known" ? `${share(predicted.value)} predicted` : "unknown";
    return `${subject} violates its availability: ${answer}, ${share(promised)} promised.`;
  }
  return recoveryReason(broken);
}

function latencyReason(broken: Latency): string {
  const { subject, within, measured, predicted: prediction } = broken;
  const found = isExceeded(measured, within)
    ? `${measuredAgainst(measured, within)} measured`
    : prediction.kind === "bounded"
      ? `${formatResponse(prediction.total)} predicted`
      : prediction.why;
  return `${subject} violates its latency: ${found}, ${formatLatency(broken)} promised.`;
}

function recoveryReason(row: Row): string {
  const [name, cell]: readonly [string, Cell] = row.rto.verdict === "broken" ? ["RTO", row.rto] : ["RPO", row.rpo];
  const { promised, measured, predicted } = cell;
  const promise = promised === undefined ? "" : `, ${duration(promised)} promised`;
  const fault = `${faultName(row.fault)} violates the ${name} of ${row.subject}`;
  if (measured?.kind === "never-recovered") return `${fault}: the newest drill measured no recovery${promise}.`;
  if (isExceeded(measured, promised)) return `${fault}: ${measuredAgainst(measured, promised)} measured${promise}.`;
  return `${fault}: ${predicted.kind === "bounded" ? `${against(predicted.total, promised)} predicted` : `${predicted.kind}: ${predicted.why}`}${promise}.`;
}

/** Rows grouped by fault, in the order of the sheet. */
export function byFault(
  rows: readonly Row[],
): readonly { readonly fault: string; readonly title: string; readonly rows: readonly Row[] }[] {
  const groups = new Map<string, { fault: string; title: string; rows: Row[] }>();
  for (const row of rows) {
    const group = groups.get(row.fault);
    if (group) group.rows.push(row);
    else groups.set(row.fault, { fault: row.fault, title: row.title, rows: [row] });
  }
  return [...groups.values()];
}

/** `database-loss` → `Database loss`. */
export function faultName(fault: string): string {
  const text = fault.replaceAll("-", " ");
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
