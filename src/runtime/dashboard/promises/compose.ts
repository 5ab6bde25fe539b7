import { check } from "../../../check/check.js";
import type { Finding } from "../../../check/finding.js";
import type { Remedy, Sheet } from "../../../contracts/promises.js";
import type { Plan } from "../../../plan/plan.js";
import type { PredictedAvailability } from "../../../promises/availability.js";
import type { PredictedLatency } from "../../../promises/latency/predicted-latency.js";
import type { Measurement } from "../../../promises/measurement.js";
import type { SloObjective } from "../../../promises/objectives.js";
import { type Cell, type Observed, promiseSheet, type Row } from "../../../promises/sheet.js";

/**
 * The sheet of a plan, with a remedy for each promise that is not kept. The plan does not change while a process runs, so its
 * findings are computed once; only the measurements and observations change between calls.
 */
export function sheetOf(plan: Plan): (measurements: readonly Measurement[], observed?: Observed) => Sheet {
  const findings = check([plan]);
  return (measurements, observed) => {
    const sheet = promiseSheet(plan, measurements, observed);
    return {
      ...sheet,
      rows: sheet.rows.map((row) => ({
        ...row,
        rto: withRemedy(row.rto, "rto", row, findings),
        rpo: withRemedy(row.rpo, "rpo", row, findings),
      })),
      availability: sheet.availability.map((row) => sloWithRemedy(row, "availability", findings)),
      latency: sheet.latency.map((row) => sloWithRemedy(row, row.of, findings)),
    };
  };
}

/**
 * The finding about this cell; else the remedy of the prediction itself; else the finding about another fault of the same
 * subject, because `check` reports a cause that several faults share only once.
 */
function withRemedy(cell: Cell, of: "rto" | "rpo", { fault, subject }: Row, findings: readonly Finding[]) {
  const { predicted, verdict } = cell;
  const own = predicted.kind === "bounded" || !predicted.fix ? undefined : predicted;
  const remedy = !needsRemedy(verdict)
    ? undefined
    : (found(findings, (concern) => concern.subject === subject && concern.of === of && concern.fault === fault) ??
      (own?.fix && { advice: own.fix.advice, at: own.origin }) ??
      found(findings, (concern) => concern.subject === subject && concern.of === of));
  return remedy ? { ...cell, remedy } : cell;
}

function sloWithRemedy<Promise extends PredictedAvailability | PredictedLatency>(
  row: Promise,
  of: SloObjective,
  findings: readonly Finding[],
): Promise & { readonly remedy?: Remedy } {
  const remedy = needsRemedy(row.verdict)
    ? found(findings, (concern) => concern.subject === row.subject && concern.of === of)
    : undefined;
  return remedy ? { ...row, remedy } : row;
}

function needsRemedy(verdict: Cell["verdict"]): boolean {
  return verdict === "broken" || verdict === "unknown";
}

type Concern = NonNullable<Finding["concerns"]>[number];

function found(findings: readonly Finding[], about: (concern: Concern) => boolean): Remedy | undefined {
  for (const { concerns, hint, origin, code } of findings)
    if (hint !== undefined && concerns?.some(about)) return { advice: hint, at: origin, rule: code };
  return undefined;
}
