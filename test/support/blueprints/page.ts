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
/** The first column of a table that introduces the page: which environments the platform file has. */
const INTRODUCTION = "environment";

/** Reads the tables of a page. A line that begins with `|` is a row of a table, and its first line the header. */
export function readPage(text: string): Page {
  const rows: TableRow[] = [];
  const mistakes: string[] = [];
  let header: readonly string[] | undefined;
  text.split("\n").forEach((source, index) => {
    const line = index + 1;
    const cells = cellsOf(source);
    if (!cells || !header) {
      header = cells;
      if (cells && cells[0] !== INTRODUCTION && cells.join(" | ") !== HEADER)
        mistakes.push(`line ${line}: the columns of a table are ${HEADER}`);
      return;
    }
    if (header[0] === INTRODUCTION || cells.every((cell) => /^-+$/.test(cell))) return;
    const [document = "", file = "", shown = "", gap = ""] = cells;
    if (cells.length !== 4) mistakes.push(`line ${line}: a row has four cells, this one ${cells.length}`);
    else rows.push({ line, document, paths: quoted(file), shownBy: quoted(shown), gap });
  });
  return { rows, mistakes };
}

/** The cells of a row; undefined for a line that is not in a table. */
function cellsOf(source: string): readonly string[] | undefined {
  if (!source.startsWith("|")) return undefined;
  return source
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function quoted(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
}
