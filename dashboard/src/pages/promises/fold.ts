import type { Cell, Row } from "../../api/promises.js";
import { reasons } from "./reasons.js";
import { verdicts } from "./verdicts.js";

/** Rows of one fault that agree in everything that the sheet shows of them, apart from the subject. */
export interface Fold {
  /** Identifies the fold in the address: its fault and its first subject. */
  readonly key: string;
  readonly rows: readonly Row[];
}

/** Fewer rows than this are shown one by one. */
const MIN_FOLDED_ROWS = 3;

/**
 * The rows of a fault, those that are not kept first and otherwise in their order, with those that agree folded to the place of the first.
 * Rows that are not kept agree if they also have the same reason and fix.
 */
export function foldRows(rows: readonly Row[]): readonly Fold[] {
  const alike = new Map<string, Row[]>();
  for (const row of rows) {
    const text = shown(row);
    const group = alike.get(text);
    if (group) group.push(row);
    else alike.set(text, [row]);
  }
  const groups = [...alike.values()];
  return verdicts.flatMap((verdict) =>
    groups
      .filter(([first]) => first?.verdict === verdict)
      .flatMap((group) => (group.length >= MIN_FOLDED_ROWS ? [foldOf(group)] : group.map((row) => foldOf([row])))),
  );
}

function foldOf(rows: readonly Row[]): Fold {
  const [first] = rows;
  return { key: first ? `${first.fault}/${first.subject}` : "", rows };
}

/** What the sheet shows of a row, as text. */
function shown(row: Row): string {
  const { rto, rpo, verdict } = row;
  const why = reasons(row).map((reason) => [reason.objectives, reason.why]);
  return JSON.stringify([verdict, cellShown(rto), cellShown(rpo), why]);
}

function cellShown({ promised, predicted, measured, measuredAt, verdict, remedy }: Cell): unknown {
  const prediction = predicted.kind === "bounded" ? predicted.total : predicted.why;
  return [promised, predicted.kind, prediction, measured, measuredAt, verdict, remedy?.advice];
}

const MAX_NAMED_MEMBERS = 6;
/** Who reads that promises are not kept wants to know all of them. */
const MAX_NAMED_ATTENTION_MEMBERS = 20;

export interface Members {
  readonly names: readonly string[];
  /** How many are not named. */
  readonly more: number;
}

/** The subjects of a fold, shortened. */
export function members(rows: readonly Row[]): Members {
  const attention = rows.some(({ verdict }) => verdict === "broken" || verdict === "unknown");
  const most = attention ? MAX_NAMED_ATTENTION_MEMBERS : MAX_NAMED_MEMBERS;
  return {
    names: rows.slice(0, most).map(({ subject }) => subject),
    more: Math.max(0, rows.length - most),
  };
}
