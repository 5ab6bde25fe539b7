import { type RawBuilder, sql, type Transaction } from "kysely";
import {
  DRILL_ORGANISATION,
  USAGE_FIGURES,
  type UsageDimension,
  type UsageFigure,
  type UsageFigures,
} from "../../contracts/usage.js";
import { AdminError } from "../admin/index.js";
import type { UsageSchema } from "./schema.js";

export interface UsageQuery {
  readonly by: readonly UsageDimension[];
  /** Start of the range, inclusive. Undefined: from the first event. */
  readonly from: Date | undefined;
  /** End of the range, exclusive. Undefined: no end. */
  readonly to: Date | undefined;
  /** Undefined: every organisation that the transaction may read. */
  readonly organisation: string | undefined;
  readonly model: string | undefined;
  readonly key: string | undefined;
  /** Whether the load of drills counts, if no organisation is given. */
  readonly drills: boolean;
}

/** A row as the database returns it: the hour is a date. */
export type StoredRow = UsageFigures & { readonly hour?: Date } & {
  readonly [Dimension in Exclude<UsageDimension, "hour">]?: string;
};

/** Rows of one response. */
const MAX_ROWS = 50_000;

const DIMENSION_COLUMNS = {
  hour: "hour",
  organisation: "organisation",
  key: "key_id",
  model: "model",
} satisfies Record<UsageDimension, string>;

/** Columns of the table `usage_hours`. */
const FIGURE_COLUMNS = {
  requests: "requests",
  inputTokens: "input_tokens",
  outputTokens: "output_tokens",
  errors: "errors",
  estimated: "estimated",
} satisfies Record<UsageFigure, string>;

/** The same figures of one row of the table `usage_events`. */
const EVENT_FIGURES = {
  requests: sql`1`,
  inputTokens: sql`input_tokens`,
  outputTokens: sql`output_tokens`,
  errors: sql`keelson_usage_failed(status)`,
  estimated: sql`estimated::integer`,
} satisfies Record<UsageFigure, RawBuilder<unknown>>;

/**
 * Sums usage by the given dimensions. Whole hours are read from the hourly sums, the remainder at either end from the ledger
 * itself, so that the figures of any range are exact.
 * @throws AdminError 400 if the report exceeds `MAX_ROWS` rows: a report is never truncated silently.
 */
export async function readUsage(open: Transaction<UsageSchema>, query: UsageQuery): Promise<StoredRow[]> {
  const { by } = query;
  const groups = by.map((dimension) => sql.ref(DIMENSION_COLUMNS[dimension]));
  const names = by.map((dimension) => sql`${sql.ref(DIMENSION_COLUMNS[dimension])} as ${sql.ref(dimension)}`);
  const figures = USAGE_FIGURES.map(
    (figure) => sql`coalesce(sum(${sql.ref(FIGURE_COLUMNS[figure])}), 0)::bigint as ${sql.ref(figure)}`,
  );
  const grouped =
    by.length > 0
      ? sql`group by ${sql.join(groups)} having sum(requests) > 0 order by ${sql.join(groups)} limit ${MAX_ROWS + 1}`
      : sql``;
  const { rows } = await sql<StoredRow>`
    select ${sql.join([...names, ...figures])} from (${sources(query)}) as counted ${grouped}`.execute(open);
  if (rows.length > MAX_ROWS) throw new AdminError(400, "usage/too-many-rows", `the report exceeds ${MAX_ROWS} rows`);
  return rows;
}

const HOUR_MS = 3_600_000;

function sources(query: UsageQuery): RawBuilder<unknown> {
  const from = query.from?.getTime();
  const to = query.to?.getTime();
  const firstWhole = from === undefined ? undefined : Math.ceil(from / HOUR_MS) * HOUR_MS;
  const endOfWhole = to === undefined ? undefined : Math.floor(to / HOUR_MS) * HOUR_MS;
  if (firstWhole !== undefined && endOfWhole !== undefined && firstWhole >= endOfWhole) return events(query, from, to);
  const parts = [hours(query, firstWhole, endOfWhole)];
  if (from !== firstWhole) parts.push(events(query, from, firstWhole));
  if (to !== endOfWhole) parts.push(events(query, endOfWhole, to));
  return sql.join(parts, sql` union all `);
}

function hours(query: UsageQuery, from: number | undefined, to: number | undefined): RawBuilder<unknown> {
  const figures = USAGE_FIGURES.map((figure) => sql.ref(FIGURE_COLUMNS[figure]));
  return sql`select organisation, hour, key_id, model, ${sql.join(figures)}
    from usage_hours where ${conditions(query, "hour", from, to)}`;
}

function events(query: UsageQuery, from: number | undefined, to: number | undefined): RawBuilder<unknown> {
  const figures = USAGE_FIGURES.map((figure) => sql`${EVENT_FIGURES[figure]} as ${sql.ref(FIGURE_COLUMNS[figure])}`);
  return sql`select organisation, date_trunc('hour', at, 'UTC') as hour, key_id, model, ${sql.join(figures)}
    from usage_events where ${conditions(query, "at", from, to)}`;
}

function conditions(
  { organisation, model, key, drills }: UsageQuery,
  time: "hour" | "at",
  from: number | undefined,
  to: number | undefined,
): RawBuilder<unknown> {
  const all = [sql`true`];
  if (from !== undefined) all.push(sql`${sql.ref(time)} >= ${new Date(from)}`);
  if (to !== undefined) all.push(sql`${sql.ref(time)} < ${new Date(to)}`);
  if (organisation !== undefined) all.push(sql`organisation = ${organisation}`);
  else if (!drills) all.push(sql`organisation <> ${DRILL_ORGANISATION}`);
  if (model !== undefined) all.push(sql`model = ${model}`);
  if (key !== undefined) all.push(sql`key_id = ${key}`);
  return sql.join(all, sql` and `);
}
