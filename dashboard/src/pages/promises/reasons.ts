import type { Cell, Remedy, Row } from "../../api/promises.js";
import { duration } from "../../format.js";
import { against, isExceeded, measuredAgainst } from "./verdicts.js";

export interface Reason {
  /** `RTO`, `RPO`, or `RTO and RPO` if both have the same reason. */
  readonly objectives: string;
  readonly tone: "broken" | "unknown";
  readonly why: string;
  readonly remedy: Remedy | undefined;
}

/** Why a row is broken or unknown; empty if it is kept. */
export function reasons(row: Row): readonly Reason[] {
  const found: Reason[] = [];
  for (const [objectives, cell] of [
    ["RTO", row.rto],
    ["RPO", row.rpo],
  ] as const) {
    if (cell.verdict !== "broken" && cell.verdict !== "unknown") continue;
    const reason: Reason = { objectives, tone: cell.verdict, why: why(cell), remedy: cell.remedy };
    const same = found.findIndex((other) => other.why === reason.why && advice(other) === advice(reason));
    const other = found[same];
    if (other) found[same] = { ...other, objectives: `${other.objectives} and ${objectives}` };
    else found.push(reason);
  }
  return found;
}

function advice({ remedy }: Reason): string | undefined {
  return remedy?.advice;
}

function why({ predicted, promised, measured }: Cell): string {
  const promise = promised === undefined ? "" : `, ${duration(promised)} promised`;
  if (predicted.kind !== "bounded") return `${predicted.kind}: ${predicted.why}`;
  if (measured?.kind === "never-recovered") return `the newest drill measured no recovery${promise}`;
  if (isExceeded(measured, promised))
    return `${measuredAgainst(measured, promised)} measured by the newest drill${promise}`;
  const terms = predicted.terms.filter(({ value }) => value > 0);
  const sum = terms.map(({ name, value }) => `${name} ${duration(value)}`).join(" + ");
  return `${against(predicted.total, promised)} worst case${promise}${terms.length > 1 ? `: ${sum}` : ""}`;
}
