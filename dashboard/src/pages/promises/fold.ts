import type { Cell, Row } from "../../api/promises.js";

/** Rows of one fault that agree in everything that the sheet shows of them, apart from the subject. */
export interface Fold {
  /** Identifies the fold in the address: its fault and its first subject. */
  readonly key: string;
  readonly rows: readonly Row[];
}

/** Fewer kept rows than this are shown one by one. */
const MIN_FOLDED_ROWS = 3;
/** Rows that need attention are folded only where there are so many that they would hide all others. */
const MIN_FOLDED_ATTENTION_ROWS = 10;

/** The rows of a fault in their order, with those that agree folded to the place of the first. */
export function foldRows(rows: readonly Row[]): readonly Fold[] {
  const alike = new Map<string, Row[]>();
  for (const row of rows) {
    const text = shown(row);
    const group = alike.get(text);
    if (group) group.push(row);
    else alike.set(text, [row]);
  }
  return [...alike.values()].flatMap((group): readonly Fold[] => {
    const attention = group.some(({ verdict }) => verdict === "broken" || verdict === "unknown");
    if (group.length >= (attention ? MIN_FOLDED_ATTENTION_ROWS : MIN_FOLDED_ROWS)) return [foldOf(group)];
    return group.map((row) => foldOf([row]));
  });
}

function foldOf(rows: readonly Row[]): Fold {
  const [first] = rows;
  return { key: first ? `${first.fault}/${first.subject}` : "", rows };
}

/** What the sheet shows of a row, as text. */
function shown({ rto, rpo, verdict }: Row): string {
  return JSON.stringify([verdict, cellShown(rto), cellShown(rpo)]);
}

function cellShown({ promised, predicted, measured, measuredAt, verdict, remedy }: Cell): unknown {
  const prediction = predicted.kind === "bounded" ? predicted.total : predicted.why;
  return [promised, predicted.kind, prediction, measured, measuredAt, verdict, remedy?.advice];
}

const MAX_NAMED_MEMBERS = 6;

/** The subjects of a fold, shortened. */
export function members(rows: readonly Row[]): string {
  const names = rows.slice(0, MAX_NAMED_MEMBERS).map(({ subject }) => subject);
  return rows.length > MAX_NAMED_MEMBERS
    ? `${names.join(", ")} and ${rows.length - MAX_NAMED_MEMBERS} more`
    : names.join(", ");
}
