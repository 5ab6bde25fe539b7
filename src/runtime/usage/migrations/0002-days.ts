import type { Migration } from "../../database/client.js";

/**
 * Daily sums (UTC) without the key. The hourly sums have up to one row for each event where many keys send few requests;
 * the daily sums have one row for each organisation, day and model, however many keys there are. The triggers of the ledger
 * keep both in the transaction that changes it.
 */
export const days: Migration = {
  name: "0002-days",
  sql: `
create table usage_days (
  organisation text not null,
  day timestamptz not null,
  model text not null,
  requests bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  errors bigint not null,
  estimated bigint not null,
  primary key (organisation, day, model)
);
create index usage_days_day on usage_days (day);

insert into usage_days
select organisation, date_trunc('day', hour, 'UTC'), model, sum(requests), sum(input_tokens), sum(output_tokens),
  sum(errors), sum(estimated)
from usage_hours group by 1, 2, 3;

${summed("insert", "select 1 as sign, * from added")}
${summed("delete", "select -1 as sign, * from removed")}
${summed("update", "select -1 as sign, * from removed union all select 1 as sign, * from added")}

alter table usage_days enable row level security;
alter table usage_days force row level security;
create policy organisation on usage_days using (organisation = (select current_setting('keelson.organisation', true))
  or (select current_setting('keelson.organisation', true)) = '*');
`,
};

/** Replaces the function of a trigger of the ledger: it adds what a statement changed to the hourly and the daily sums. */
function summed(event: "insert" | "update" | "delete", change: string): string {
  const figures = ["requests", "input_tokens", "output_tokens", "errors", "estimated"];
  const added = figures.map((figure) => `${figure} = sums.${figure} + excluded.${figure}`).join(", ");
  const sums = `sum(sign), sum(sign * input_tokens)::bigint, sum(sign * output_tokens)::bigint,
    sum(sign * keelson_usage_failed(status)), sum(sign * estimated::integer)`;
  return `
create or replace function keelson_usage_${event}() returns trigger language plpgsql as $$
begin
  -- Two writers lock the same sums in the same order: hours before days, each in the order of its key.
  insert into usage_hours as sums
  select organisation, date_trunc('hour', at, 'UTC'), key_id, model, ${sums}
  from (${change}) as change group by 1, 2, 3, 4 order by 1, 2, 3, 4
  on conflict (organisation, hour, key_id, model) do update set ${added};
  insert into usage_days as sums
  select organisation, date_trunc('day', at, 'UTC'), model, ${sums}
  from (${change}) as change group by 1, 2, 3 order by 1, 2, 3
  on conflict (organisation, day, model) do update set ${added};
  return null;
end $$;`;
}
