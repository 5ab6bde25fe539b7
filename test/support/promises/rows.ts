import type { Measurement } from "../../../src/promises/measurement.js";
import type { Prediction } from "../../../src/promises/prediction.js";
import { type PromiseSheet, promiseSheet, type Row } from "../../../src/promises/sheet.js";
import { planOf } from "../check/findings.js";

export function sheetOf(text: string, measurements: readonly Measurement[] = [], environment?: string): PromiseSheet {
  return promiseSheet(planOf(text, environment), measurements);
}

export function rowOf(sheet: PromiseSheet, fault: string, subject: string): Row {
  const row = sheet.rows.find((each) => each.fault === fault && each.subject === subject);
  if (!row)
    throw new Error(
      `no row ${fault}/${subject}: ${sheet.rows.map((each) => `${each.fault}/${each.subject}`).join(", ")}`,
    );
  return row;
}

/** Milliseconds of a term of a bounded prediction. */
export function termOf(prediction: Prediction, name: string): number {
  if (prediction.kind !== "bounded") throw new Error(`${prediction.kind}: ${prediction.why}`);
  const term = prediction.terms.find((each) => each.name === name);
  if (!term) throw new Error(`no term ${name}: ${prediction.terms.map((each) => each.name).join(", ")}`);
  return term.value;
}

export function totalOf(prediction: Prediction): number {
  if (prediction.kind !== "bounded") throw new Error(`${prediction.kind}: ${prediction.why}`);
  return prediction.total;
}

export function termsOf(prediction: Prediction): readonly string[] {
  return prediction.kind === "bounded" ? prediction.terms.map(({ name }) => name) : [];
}
