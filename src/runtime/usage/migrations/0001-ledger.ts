import type { Migration } from "../../database/client.js";

/**
 * The ledger, one row for each answered request, and its hourly sums. The sums are kept by triggers in the transaction that
 * changes the ledger, so they equal it after late events, replacements and manual corrections.
 */
export const ledger: Migration = {
  name: "0001-ledger",
  sql: `
create table usage_events (
  id text not null,
  organisation text not null,
  key_id text not null,
  model text not null,
  operation text not null,
  at timestamptz not null,
  input_tokens bigint not null check (input_tokens >= 0),
  output_tokens bigint not null check (output_tokens >= 0),
  status integer not null,
  duration_ms double precision not null,
  estimated boolean not null,
  recorded timestamptz not null default now(),
  -- With the organisation: nobody's id can stand in the way of another's.
  primary key (organisation, id)
);
create index usage_events_at on usage_events (organisation, at);
create index usage_events_all_at on usage_events (at);

create table usage_hours (
  organisation text not null,
  hour timestamptz not null,
  key_id text not null,
  model text not null,
  requests bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  errors bigint not null,
  estimated bigint not null,
  primary key (organisation, hour, key_id, model)
);
create index usage_hours_hour on usage_hours (hour);

-- What could not be read as an event: kept as it came, to be looked at and sent again.
create table usage_rejected (
  id bigint generated always as identity primary key,
  received timestamptz not null default now(),
  reason text not null,
  event text not null
);

-- 499 is a client that left: no failure of the platform, nor of what was asked.
create function keelson_usage_failed(status integer) returns integer language sql immutable
  as $$ select (status >= 400 and status <> 499)::integer $$;

${summed("insert", "new table as added", "select 1 as sign, * from added")}
${summed("delete", "old table as removed", "select -1 as sign, * from removed")}
${summed(
  "update",
  "old table as removed new table as added",
  "select -1 as sign, * from removed union all select 1 as sign, * from added",
)}

${["usage_events", "usage_hours"].map((table) => secured(table, "organisation = (select current_setting('keelson.organisation', true)) or ")).join("\n")}
${secured("usage_rejected", "")}
`,
};

/** Adds to the sums what a statement changed in the ledger. */
function summed(event: "insert" | "update" | "delete", tables: string, change: string): string {
  const sums = ["requests", "input_tokens", "output_tokens", "errors", "estimated"];
  return `
create function keelson_usage_${event}() returns trigger language plpgsql as $$
begin
  insert into usage_hours as sums
  select organisation, date_trunc('hour', at, 'UTC'), key_id, model, sum(sign), sum(sign * input_tokens)::bigint,
    sum(sign * output_tokens)::bigint, sum(sign * keelson_usage_failed(status)), sum(sign * estimated::integer)
  from (${change}) as change
  group by 1, 2, 3, 4
  -- Two writers lock the same hours in the same order.
  order by 1, 2, 3, 4
  on conflict (organisation, hour, key_id, model) do update set
    ${sums.map((sum) => `${sum} = sums.${sum} + excluded.${sum}`).join(", ")};
  return null;
end $$;
create trigger usage_events_${event} after ${event} on usage_events referencing ${tables}
  for each statement execute function keelson_usage_${event}();`;
}

function secured(table: string, own: string): string {
  return `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy organisation on ${table} using (${own}(select current_setting('keelson.organisation', true)) = '*');`;
}
