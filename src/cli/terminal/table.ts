import { styledLine, visibleLength } from "./colours.js";

/** Text columns, padded to the widest cell of each; the last column is not padded. Cells may be styled; a line break in a cell is escaped. */
export function table(cells: readonly (readonly string[])[], indent = "  "): string {
  const rows = cells.map((row) => row.map(styledLine));
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - visibleLength(cell)),
        )
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${indent}${line}\n`)
    .join("");
}
