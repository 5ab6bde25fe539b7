import type { Milliseconds } from "../plan/plan.js";
import { readable } from "../promises/explain.js";
import type { Prediction, Term } from "../promises/prediction.js";
import type { Cell, PromiseSheet, Row } from "../promises/sheet.js";
import type { Concern } from "./rule.js";

export type Objective = "rto" | "rpo";

/** A cell whose promise is broken by what is predicted, with the number that was promised. */
export interface Broken {
  readonly row: Row;
  readonly of: Objective;
  readonly promised: Milliseconds;
  readonly predicted: Extract<Prediction, { readonly kind: "bounded" | "unbounded" }>;
}

/** Which cell of the sheet a rule speaks of. */
export function concern({ row, of }: Pick<Broken, "row" | "of">): Concern {
  return { fault: row.fault, subject: row.subject, of };
}

/**
 * The cell, and the same promise of the same subject where larger faults break it as well: whoever knows the smallest
 * cause speaks for those too, and they are not reported again. `larger` goes from the next larger fault on.
 */
export function concerns(sheet: PromiseSheet, cell: Broken, ...larger: readonly string[]): readonly Concern[] {
  const unbroken = larger.findIndex((fault) => !brokenBy(sheet, fault, cell));
  const also = unbroken === -1 ? larger : larger.slice(0, unbroken);
  return [concern(cell), ...also.map((fault) => ({ ...concern(cell), fault }))];
}

/** The promises of a row of which nobody can say whether they are kept. */
export function unknownIn(row: Row): readonly Concern[] {
  return (["rto", "rpo"] as const).filter((of) => row[of].verdict === "unknown").map((of) => concern({ row, of }));
}

/** The broken promises of a fault, in the order of the sheet. */
export function broken(sheet: PromiseSheet, fault: string, of: Objective): readonly Broken[] {
  return sheet.rows.filter((row) => row.fault === fault).flatMap((row) => asBroken(row, of));
}

/** Whether the same promise of the same subject is broken by another fault as well. */
export function brokenBy(sheet: PromiseSheet, fault: string, { row, of }: Broken): boolean {
  const other = rowsOf(sheet, fault).get(row.subject);
  return other !== undefined && asBroken(other, of).length > 0;
}

/** The rows of a fault by subject, found once per sheet: rules ask for each of thousands of rows. */
function rowsOf(sheet: PromiseSheet, fault: string): ReadonlyMap<string, Row> {
  const faults = index.get(sheet) ?? new Map<string, Map<string, Row>>();
  if (faults.size === 0) {
    for (const row of sheet.rows)
      faults.set(row.fault, (faults.get(row.fault) ?? new Map<string, Row>()).set(row.subject, row));
    index.set(sheet, faults);
  }
  return faults.get(fault) ?? new Map();
}

const index = new WeakMap<PromiseSheet, Map<string, Map<string, Row>>>();

function asBroken(row: Row, of: Objective): readonly Broken[] {
  const { promised, predicted, verdict }: Cell = row[of];
  if (verdict !== "broken" || promised === undefined || predicted.kind === "unknown") return [];
  return [{ row, of, promised, predicted }];
}

/** `24h12m (backup interval 24h + time that a backup takes 12m)`: whole seconds, rounded up, the terms that count. */
export function reckoned(total: Milliseconds, terms: readonly Term[]): string {
  const counted = terms.filter(({ value }) => value > 0);
  if (counted.length < 2) return `${readable(total)} (${counted.map(({ name }) => name).join("") || "nothing"})`;
  return `${readable(total)} (${counted.map(({ name, value }) => `${name} ${readable(value)}`).join(" + ")})`;
}
