import { type RawBuilder, sql } from "kysely";

/** A requested page of a list. */
export interface PageRequest {
  /** Id of the last row of the page before. Undefined: the first page. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** One page of a list. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Number of rows of all pages. */
  readonly total: number;
  /** Id of the last row of this page; null on the last page. */
  readonly next: string | null;
}

/** Makes a page of up to `limit` rows from `limit + 1` rows that were read: the last one shows that there are more. */
export function toPage<Row extends { readonly id: string }>(
  rows: readonly Row[],
  { limit }: PageRequest,
  total: number,
): Page<Row> {
  const shown = rows.slice(0, limit);
  return { rows: shown, total, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null };
}

/** Whether `column` contains `text`, in any case. */
export function contains(column: string, text: string): RawBuilder<boolean> {
  return sql<boolean>`strpos(lower(${sql.ref(column)}), lower(${text})) > 0`;
}

/** The number of rows of a query, to be selected instead of its columns. */
export const countOfRows = sql<number>`count(*)`.as("total");
