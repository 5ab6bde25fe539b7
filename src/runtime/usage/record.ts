import { sql } from "kysely";
import type { Logger } from "pino";
import type { UsageEvent } from "../../contracts/usage.js";
import { platformScope, type Tables } from "../database/client.js";
import { parseEvents } from "./event.js";
import type { UsageSchema } from "./schema.js";

export interface Recorded {
  readonly inserted: number;
  /** Estimates that the settled event took the place of. */
  readonly replaced: number;
  /** Sent before; nothing changed. */
  readonly repeated: number;
  readonly rejected: number;
}

/** Rows of one statement: more would not be faster, and would hold the hours' locks for longer. */
const batch = 5_000;

/**
 * Resolves once every event is durable. An event is kept once by its organisation and id, however often it comes; a settled
 * one replaces an estimate. What is no event is put aside with its reason, so that it stands in no other's way.
 */
export async function record(tables: Tables<UsageSchema>, values: readonly unknown[], log: Logger): Promise<Recorded> {
  const { events, rejected } = parseEvents(values);
  let inserted = 0;
  let replaced = 0;
  for (let start = 0; start < events.length; start += batch) {
    const done = await upsert(tables, events.slice(start, start + batch));
    inserted += done.inserted;
    replaced += done.replaced;
  }
  if (rejected.length > 0) {
    log.error({ count: rejected.length, reason: rejected[0]?.reason }, "put aside what is no usage event");
    await tables.transaction(
      platformScope,
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
  // One text for all of them: the driver writes arrays element by element, which takes twice the time.
  const statement = sql<{ inserted: boolean; count: number }>`
    with written as (
      insert into usage_events as known
        (id, organisation, key_id, model, operation, at, input_tokens, output_tokens, status, duration_ms, estimated)
      -- Of an id that stands twice here the settled event, not the estimate; in one order, so that no two writers wait for each other.
      select distinct on (organisation, id) id, organisation, "keyId", model, operation, timestamptz 'epoch' + at * interval '1 millisecond',
        "inputTokens", "outputTokens", status, "durationMs", estimated
      from json_to_recordset(${JSON.stringify(events)}::json) as event (
        id text, organisation text, "keyId" text, model text, operation text, at double precision,
        "inputTokens" bigint, "outputTokens" bigint, status integer, "durationMs" double precision, estimated boolean
      )
      order by organisation, id, estimated
      on conflict (organisation, id) do update set
        key_id = excluded.key_id, model = excluded.model, operation = excluded.operation, at = excluded.at,
        input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, status = excluded.status,
        duration_ms = excluded.duration_ms, estimated = false, recorded = now()
      where known.estimated and not excluded.estimated
      -- A row that was not there before has no earlier version to point from.
      returning (xmax = 0) as inserted
    )
    select inserted, count(*) as count from written group by inserted`;
  const { rows } = await tables.transaction(platformScope, (open) => statement.execute(open), { repeatable: true });
  const count = (inserted: boolean): number => rows.find((row) => row.inserted === inserted)?.count ?? 0;
  return { inserted: count(true), replaced: count(false) };
}
