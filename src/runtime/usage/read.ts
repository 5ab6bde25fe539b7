import { type RawBuilder, sql, type Transaction } from "kysely";
import {
  DRILL_ORGANISATION,
  MAX_MINUTES_RANGE_MS,
  USAGE_FIGURES,
  USAGE_GROUPS,
  USAGE_TIME_UNITS,
  type UsageDimension,
  type UsageFigure,
  type UsageFigures,
  type UsageGroup,
  type UsageRank,
  type UsageTimeUnit,
} from "../../contracts/usage.js";
import { AdminError } from "../admin/index.js";
import { type Piece, piecesOf, type UsageSource } from "./pieces.js";
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
  /** The number of groups with rows of their own; the others are combined. Undefined: all. */
  readonly top: number | undefined;
  readonly rank: UsageRank;
}

/** A row as the database returns it: points in time are dates. */
export type StoredRow = UsageFigures & { readonly [Unit in UsageTimeUnit]?: Date } & {
  readonly [Group in UsageGroup]?: string | null;
} & { readonly others?: number | null };

/** Rows of one response. */
const MAX_ROWS = 50_000;

export const GROUP_COLUMNS = {
  organisation: "organisation",
  key: "key_id",
  model: "model",
} satisfies Record<UsageGroup, string>;

/** Columns of the tables of sums. */
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

const RANKS = {
  requests: sql`requests`,
  tokens: sql`input_tokens + output_tokens`,
  errors: sql`errors`,
} satisfies Record<UsageRank, RawBuilder<unknown>>;

/**
 * Sums usage by the given dimensions, exactly for any range: see `piecesOf`. With `top`, the groups with the highest sums
 * over the whole range have rows of their own, and one more row per unit of time combines the others.
 * @throws AdminError 400 if the report exceeds `MAX_ROWS` rows (it is never truncated silently), if minutes are requested
 * for a range that is open or too long, or if `top` does not have exactly one group to rank.
 */
export async function readUsage(open: Transaction<UsageSchema>, query: UsageQuery): Promise<StoredRow[]> {
  const unit = USAGE_TIME_UNITS.find((each) => query.by.includes(each));
  const groups = USAGE_GROUPS.filter((each) => query.by.includes(each));
  if (unit === "minute") requireShortRange(query);
  const statement = query.top === undefined ? all(query, unit) : ranked(query, query.top, unit, groups);
  const { rows } = await statement.execute(open);
  if (rows.length <= MAX_ROWS) return rows;
  throw new AdminError("usage/too-many-rows", `the report exceeds ${MAX_ROWS} rows`, {
    hint: "Use fewer dimensions, a longer unit of time, a shorter range, or `top`.",
  });
}

function requireShortRange({ from, to }: UsageQuery): void {
  if (from && to && to.getTime() - from.getTime() <= MAX_MINUTES_RANGE_MS) return;
  throw new AdminError("request/invalid", "`by=minute` requires a range of at most 6 hours, with `from` and `to`");
}

/** Bounded by the largest number that JSON's readers know exactly: one entry with an absurd count must not make the ledger unreadable. */
const figureSums = USAGE_FIGURES.map(
  (figure) =>
    sql`least(coalesce(sum(${sql.ref(FIGURE_COLUMNS[figure])}), 0), ${sql.lit(Number.MAX_SAFE_INTEGER)})::bigint as ${sql.ref(FIGURE_COLUMNS[figure])}`,
);
const figureNames = USAGE_FIGURES.map((figure) => sql`${sql.ref(FIGURE_COLUMNS[figure])} as ${sql.ref(figure)}`);

function columnOf(dimension: UsageDimension): string {
  const group = USAGE_GROUPS.find((each) => each === dimension);
  return group === undefined ? "time" : GROUP_COLUMNS[group];
}

function all(query: UsageQuery, unit: UsageTimeUnit | undefined): RawBuilder<StoredRow> {
  const columns = query.by.map((dimension) => sql.ref(columnOf(dimension)));
  const names = query.by.map((dimension) => sql`${sql.ref(columnOf(dimension))} as ${sql.ref(dimension)}`);
  if (columns.length === 0)
    return sql<StoredRow>`
      select ${sql.join(figureNames)} from (select ${sql.join(figureSums)} from (${sources(query, unit)}) as counted) as summed`;
  return sql<StoredRow>`
    select ${sql.join([...names, ...figureNames])} from (
      select ${sql.join([...columns, ...figureSums])} from (${sources(query, unit)}) as counted
      group by ${sql.join(columns)} having sum(requests) > 0
    ) as summed
    order by ${sql.join(columns)} limit ${MAX_ROWS + 1}`;
}

function ranked(
  query: UsageQuery,
  top: number,
  unit: UsageTimeUnit | undefined,
  groups: readonly UsageGroup[],
): RawBuilder<StoredRow> {
  const [group] = groups;
  if (group === undefined || groups.length > 1)
    throw new AdminError("request/invalid", "`top` requires exactly one of organisation, key and model in `by`");
  const column = sql.ref(GROUP_COLUMNS[group]);
  const time = unit === undefined ? [] : [sql.ref("time")];
  const timeName = unit === undefined ? [] : [sql`time as ${sql.ref(unit)}`];
  // Groups are ranked without time first: sums of every group in every unit would not fit into the memory of a sort. They
  // are then selected by an array, not by a join: without statistics, PostgreSQL would join row by row.
  const counted = unit === undefined ? sql`named` : sql`(${sources(query, unit)}) as counted`;
  return sql<StoredRow>`
    with named as materialized (
      select ${sql.join([column, ...figureSums])} from (${sources(query, undefined)}) as counted
      group by ${column} having sum(requests) > 0
    ), highest as materialized (
      select array(select ${column} from named order by ${RANKS[query.rank]} desc, ${column} limit ${top}) as names,
        count(*) as groups
      from named
    ), placed as (
      select *, ${column} = any ((select names from highest)::text[]) as shown from ${counted}
    ), combined as (
      select ${sql.join([...time, sql`case when shown then ${column} end as name`, sql`not shown as rest`, ...figureSums])}
      from placed group by ${sql.join([...time, sql`shown`, sql`case when shown then ${column} end`])}
      having sum(requests) > 0
    )
    select ${sql.join([
      ...timeName,
      sql`name as ${sql.ref(group)}`,
      sql`case when rest then (select groups from highest) - ${top} end as others`,
      ...figureNames,
    ])}
    from combined order by ${sql.join([...time, sql`rest`, sql`name`])} limit ${MAX_ROWS + 1}`;
}

/** What each source is read from: its table, its column of time, and its key. */
const SOURCES = {
  days: { table: "usage_days", at: "day", key: sql`null::text` },
  hours: { table: "usage_hours", at: "hour", key: sql.ref("key_id") },
  events: { table: "usage_events", at: "at", key: sql.ref("key_id") },
} as const satisfies Record<UsageSource, unknown>;

/** The coarsest source that has the requested unit of time, groups and filters. */
function coarsest({ by, key }: UsageQuery, unit: UsageTimeUnit | undefined): UsageSource {
  if (unit === "minute") return "events";
  return unit === "hour" || key !== undefined || by.includes("key") ? "hours" : "days";
}

function sources(query: UsageQuery, unit: UsageTimeUnit | undefined): RawBuilder<unknown> {
  const pieces = piecesOf(query.from?.getTime(), query.to?.getTime(), coarsest(query, unit));
  return sql.join(
    pieces.map((piece) => source(query, piece, unit)),
    sql` union all `,
  );
}

function source(query: UsageQuery, piece: Piece, unit: UsageTimeUnit | undefined): RawBuilder<unknown> {
  const { table, at, key } = SOURCES[piece.source];
  const time = unit === undefined ? sql`null::timestamptz` : sql`date_trunc(${sql.lit(unit)}, ${sql.ref(at)}, 'UTC')`;
  const figures = USAGE_FIGURES.map((figure) =>
    piece.source === "events"
      ? sql`${EVENT_FIGURES[figure]} as ${sql.ref(FIGURE_COLUMNS[figure])}`
      : sql.ref(FIGURE_COLUMNS[figure]),
  );
  return sql`select ${time} as time, organisation, ${key} as key_id, model, ${sql.join(figures)}
    from ${sql.table(table)} where ${conditions(query, piece, at)}`;
}

/** The filters of a query on a table of the ledger, whose column of time is `at`. */
export function conditions(
  { organisation, model, key, drills }: Pick<UsageQuery, "organisation" | "model" | "key" | "drills">,
  { from, to }: Pick<Piece, "from" | "to">,
  at: "day" | "hour" | "at",
): RawBuilder<unknown> {
  const conditions = [sql`true`];
  if (from !== undefined) conditions.push(sql`${sql.ref(at)} >= ${new Date(from)}`);
  if (to !== undefined) conditions.push(sql`${sql.ref(at)} < ${new Date(to)}`);
  if (organisation !== undefined) conditions.push(sql`organisation = ${organisation}`);
  else if (!drills) conditions.push(sql`organisation <> ${DRILL_ORGANISATION}`);
  if (model !== undefined) conditions.push(sql`model = ${model}`);
  if (key !== undefined) conditions.push(sql`key_id = ${key}`);
  return sql.join(conditions, sql` and `);
}
