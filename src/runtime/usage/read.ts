import { type RawBuilder, sql, type Transaction } from "kysely";
import { AdminError } from "../admin/index.js";
import type { UsageSchema } from "./schema.js";
import type { Dimension } from "./shapes.js";

export interface UsageQuery {
  readonly by: readonly Dimension[];
  /** The first moment counted; undefined: from the beginning. */
  readonly from: Date | undefined;
  /** The first moment not counted; undefined: no end. */
  readonly to: Date | undefined;
  /** Undefined: all that the transaction may see. */
  readonly organisation: string | undefined;
  readonly model: string | undefined;
  readonly key: string | undefined;
}

export interface Figures {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Answered with 400 or above; a client that left (499) is none. */
  readonly errors: number;
  /** How many of the requests were counted from a checkpoint. */
  readonly estimated: number;
}

export type UsageRow = Figures & {
  readonly hour?: Date;
  readonly organisation?: string;
  readonly key?: string;
  readonly model?: string;
};

/** Rows of one answer. */
const mostRows = 50_000;

const column: Readonly<Record<Dimension, string>> = {
  hour: "hour",
  organisation: "organisation",
  key: "key_id",
  model: "model",
};

/**
 * Sums by the named dimensions. Whole hours come from the hourly sums, what is cut off at either end from the ledger itself,
 * so any two moments give exact figures.
 * @throws AdminError 400 when there are more than `mostRows` rows: nothing is left out silently.
 */
export async function readUsage(open: Transaction<UsageSchema>, query: UsageQuery): Promise<UsageRow[]> {
  const { by } = query;
  const groups = by.map((dimension) => sql.ref(column[dimension]));
  const names = by.map((dimension) => sql`${sql.ref(column[dimension])} as ${sql.ref(dimension)}`);
  const figures = sql`coalesce(sum(requests), 0)::bigint as requests, coalesce(sum(input_tokens), 0)::bigint as "inputTokens",
    coalesce(sum(output_tokens), 0)::bigint as "outputTokens", coalesce(sum(errors), 0)::bigint as errors,
    coalesce(sum(estimated), 0)::bigint as estimated`;
  const grouped =
    by.length > 0
      ? sql`group by ${sql.join(groups)} having sum(requests) > 0 order by ${sql.join(groups)} limit ${mostRows + 1}`
      : sql``;
  const { rows } = await sql<UsageRow>`
    select ${sql.join([...names, figures])} from (${sources(query)}) as counted ${grouped}`.execute(open);
  if (rows.length > mostRows)
    throw new AdminError(400, "usage/too-many-rows", `the answer has more than ${mostRows} rows`, {
      hint: "Name a shorter time, or fewer dimensions in `by`.",
    });
  return rows;
}

const hour = 3_600_000;

function sources(query: UsageQuery): RawBuilder<unknown> {
  const from = query.from?.getTime();
  const to = query.to?.getTime();
  const firstWhole = from === undefined ? undefined : Math.ceil(from / hour) * hour;
  const endOfWhole = to === undefined ? undefined : Math.floor(to / hour) * hour;
  if (firstWhole !== undefined && endOfWhole !== undefined && firstWhole >= endOfWhole) return events(query, from, to);
  const parts = [hours(query, firstWhole, endOfWhole)];
  if (from !== firstWhole) parts.push(events(query, from, firstWhole));
  if (to !== endOfWhole) parts.push(events(query, endOfWhole, to));
  return sql.join(parts, sql` union all `);
}

function hours(query: UsageQuery, from: number | undefined, to: number | undefined): RawBuilder<unknown> {
  return sql`select organisation, hour, key_id, model, requests, input_tokens, output_tokens, errors, estimated
    from usage_hours where ${conditions(query, "hour", from, to)}`;
}

function events(query: UsageQuery, from: number | undefined, to: number | undefined): RawBuilder<unknown> {
  return sql`select organisation, date_trunc('hour', at, 'UTC') as hour, key_id, model, 1 as requests, input_tokens,
      output_tokens, keelson_usage_failed(status) as errors, estimated::integer as estimated
    from usage_events where ${conditions(query, "at", from, to)}`;
}

function conditions(
  { organisation, model, key }: UsageQuery,
  time: "hour" | "at",
  from: number | undefined,
  to: number | undefined,
): RawBuilder<unknown> {
  const all = [sql`true`];
  if (from !== undefined) all.push(sql`${sql.ref(time)} >= ${new Date(from)}`);
  if (to !== undefined) all.push(sql`${sql.ref(time)} < ${new Date(to)}`);
  if (organisation !== undefined) all.push(sql`organisation = ${organisation}`);
  if (model !== undefined) all.push(sql`model = ${model}`);
  if (key !== undefined) all.push(sql`key_id = ${key}`);
  return sql.join(all, sql` and `);
}
