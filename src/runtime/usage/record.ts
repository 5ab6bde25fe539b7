import { sql } from "kysely";
import type { Logger } from "pino";
import type { UsageEvent } from "../../contracts/usage.js";
import { PLATFORM_SCOPE, type Tables } from "../database/client.js";
import { parseEvents } from "./event.js";
import type { UsageSchema } from "./schema.js";

export interface Recorded {
  readonly inserted: number;
  /** Estimates that a settled event has replaced. */
  readonly replaced: number;
  /** Were stored before; nothing changed. */
  readonly repeated: number;
  readonly rejected: number;
}

/** Rows of one statement. A larger batch is not faster, and holds the locks of the hourly sums for longer. */
const BATCH_SIZE = 5_000;

/**
 * Resolves once every event is durable. An event is stored once per organisation and id; a settled event replaces an
 * estimate. Invalid values are stored separately with their reasons, so that they do not block valid events.
 */
export async function record(tables: Tables<UsageSchema>, values: readonly unknown[], log: Logger): Promise<Recorded> {
  const { events, rejected } = parseEvents(values);
  let inserted = 0;
  let replaced = 0;
  for (let start = 0; start < events.length; start += BATCH_SIZE) {
    const done = await upsert(tables, events.slice(start, start + BATCH_SIZE));
    inserted += done.inserted;
    replaced += done.replaced;
  }
  if (rejected.length > 0) {
    log.error({ count: rejected.length, reason: rejected[0]?.reason }, "stored invalid usage events separately");
    await tables.transaction(
      PLATFORM_SCOPE,
      (open) =>
        open
          .insertInto("usage_rejected")
          .values([...rejected])
          .execute(),
      {
        repeatable: true,
      },
    );
  }
  return {
    inserted,
    replaced,
    repeated: values.length - rejected.length - inserted - replaced,
    rejected: rejected.length,
  };
}

async function upsert(
  tables: Tables<UsageSchema>,
  events: readonly UsageEvent[],
): Promise<{ inserted: number; replaced: number }> {
  // One JSON text for all rows: the driver writes arrays element by element, which takes twice the time.
  const statement = sql<{ inserted: boolean; count: number }>`
    with written as (
      insert into usage_events as existing
        (id, organisation, key_id, model, operation, at, input_tokens, output_tokens, status, duration_ms, estimated,
          first_token_ms)
      -- Of a repeated id the settled event, not the estimate. The order prevents deadlocks between writers.
      select distinct on (organisation, id) id, organisation, "keyId", model, operation, timestamptz 'epoch' + at * interval '1 millisecond',
        "inputTokens", "outputTokens", status, "durationMs", estimated, "firstTokenMs"
      from json_to_recordset(${JSON.stringify(events)}::json) as event (
        id text, organisation text, "keyId" text, model text, operation text, at double precision,
        "inputTokens" bigint, "outputTokens" bigint, status integer, "durationMs" double precision, estimated boolean,
        "firstTokenMs" double precision
      )
      order by organisation, id, estimated
      on conflict (organisation, id) do update set
        key_id = excluded.key_id, model = excluded.model, operation = excluded.operation, at = excluded.at,
        input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, status = excluded.status,
        duration_ms = excluded.duration_ms, first_token_ms = excluded.first_token_ms, estimated = false, recorded = now()
      where existing.estimated and not excluded.estimated
      -- xmax is 0 for an inserted row: it has no earlier version.
      returning (xmax = 0) as inserted
    )
    select inserted, count(*) as count from written group by inserted`;
  const { rows } = await tables.transaction(PLATFORM_SCOPE, (open) => statement.execute(open), { repeatable: true });
  const count = (inserted: boolean): number => rows.find((row) => row.inserted === inserted)?.count ?? 0;
  return { inserted: count(true), replaced: count(false) };
}
