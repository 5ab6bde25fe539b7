import type { Cell, Row } from "./sheet.js";

/**
 * What the explanations of a row consist of, as a key: rows of one fault with the same key have the same objectives,
 * verdicts, and terms with the same names and values. The lines of the file that the terms come from may differ.
 */
export function explanationKey(row: Row): string {
  return JSON.stringify([cellKey(row.rto), cellKey(row.rpo)]);
}

function cellKey({ promised, predicted, measured, underestimated, verdict }: Cell): unknown {
  const prediction =
    predicted.kind === "bounded"
      ? predicted.terms.map(({ name, value, how }) => [name, value, how])
      : [predicted.kind, predicted.why, predicted.fix?.advice];
  return [promised, verdict, prediction, underestimated ? measured : undefined];
}
