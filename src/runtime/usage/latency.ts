import { sql, type Transaction } from "kysely";
import { type LatencyDimension, type LatencyFigures, MAX_LATENCY_RANGE_MS } from "../../contracts/usage.js";
import { AdminError } from "../admin/index.js";
import { conditions, GROUP_COLUMNS } from "./read.js";
import type { UsageSchema } from "./schema.js";

export interface LatencyQuery {
  readonly by: LatencyDimension;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** Undefined: every organisation that the transaction may read. */
  readonly organisation: string | undefined;
  readonly model: string | undefined;
  readonly key: string | undefined;
  readonly drills: boolean;
}

/** Percentiles of one value of the dimension, or of all requests if `whole` is set. */
export type StoredLatency = LatencyFigures & { readonly whole: boolean; readonly value: Date | string | null };

/** The sum, and the groups with most requests: as many as 24 hours have minutes. */
const MAX_ROWS = 1 + 24 * 60;

/**
 * Percentiles of the duration of answered requests, from the ledger itself. Refusals (status 400 or above) end early and would hide
 * slow answers, so they are not counted.
 * @throws AdminError 400 if the range is longer than `MAX_LATENCY_RANGE_MS`.
 */
export async function readLatency(open: Transaction<UsageSchema>, query: LatencyQuery): Promise<StoredLatency[]> {
  if (query.to.getTime() - query.from.getTime() > MAX_LATENCY_RANGE_MS)
    throw new AdminError("request/invalid", "the latency of at most 24 hours can be read");
  const value =
    query.by === "minute" || query.by === "hour"
      ? sql`date_trunc(${sql.lit(query.by)}, at, 'UTC')`
      : sql.ref(GROUP_COLUMNS[query.by]);
  const range = { from: query.from.getTime(), to: query.to.getTime() };
  const { rows } = await sql<StoredLatency>`
    select whole = 1 as whole, value, requests, percentiles[1] as "p50Ms", percentiles[2] as "p95Ms",
      percentiles[3] as "p99Ms"
    from (
      select value, grouping(value) as whole, count(*) as requests,
        percentile_disc(array[0.5, 0.95, 0.99]) within group (order by duration_ms) as percentiles
      from (select ${value} as value, duration_ms from usage_events where ${conditions(query, range, "at")} and status < 400) as answered
      group by grouping sets ((value), ())
    ) as measured
    order by measured.whole desc, measured.requests desc limit ${MAX_ROWS}`.execute(open);
  return rows;
}
