import { stripVTControlCharacters } from "node:util";

/** Text columns, padded to the widest cell of each; the last column is not padded. Cells may contain colour codes. */
export function table(rows: readonly (readonly string[])[], indent = "  "): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, visible(cell));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - visible(cell)),
        )
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${indent}${line}\n`)
    .join("");
}

function visible(text: string): number {
  return stripVTControlCharacters(text).length;
}
