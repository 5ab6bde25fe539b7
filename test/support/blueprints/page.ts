/** A row of a page in `docs/blueprints`: what the document says, where the platform file says it, and what shows it. */
export interface TableRow {
  readonly line: number;
  readonly document: string;
  /** Paths of the platform file, `environments.production.zones`. */
  readonly paths: readonly string[];
  /** References to what shows it, `kubernetes: gateway/deployment.yaml`. */
  readonly shownBy: readonly string[];
  readonly gap: string;
}

/** A page: its rows, and what is wrong with its tables. */
export interface Page {
  readonly rows: readonly TableRow[];
  readonly mistakes: readonly string[];
}

const HEADER = "document | platform file | shown by | gap";

/** Reads the tables of a page. A line that begins with `|` is a row of a table, and its first line the header. */
export function readPage(text: string): Page {
  const rows: TableRow[] = [];
  const mistakes: string[] = [];
  let inTable = false;
  text.split("\n").forEach((source, index) => {
    const line = index + 1;
    const starts = !inTable;
    inTable = source.startsWith("|");
    if (!inTable) return;
    const cells = cellsOf(source);
    const [document = "", file = "", shown = "", gap = ""] = cells;
    if (starts) {
      if (cells.join(" | ") !== HEADER) mistakes.push(`line ${line}: the columns of a table are ${HEADER}`);
    } else if (cells.every((cell) => /^-+$/.test(cell))) return;
    else if (cells.length !== 4) mistakes.push(`line ${line}: a row has four cells, this one ${cells.length}`);
    else rows.push({ line, document, paths: quoted(file), shownBy: quoted(shown), gap });
  });
  return { rows, mistakes };
}

function cellsOf(source: string): readonly string[] {
  return source
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function quoted(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
}
