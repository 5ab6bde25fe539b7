import type { Migration } from "../../database/client.js";

/**
 * Organisations and what belongs to one. Every table with an `organisation` is under row-level security that is forced on
 * the owner too: without `keelson.organisation` set, nothing is seen and nothing can be written.
 */
export const accounts: Migration = {
  name: "0001-accounts",
  sql: `
create table organisations (
  id text primary key check (id ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  name text not null,
  created timestamptz not null default now()
);

create table users (
  id text primary key,
  organisation text not null references organisations,
  name text not null,
  role text not null check (role in ('owner', 'admin', 'member')),
  -- Acts for every organisation: who runs the platform.
  operator boolean not null default false,
  disabled boolean not null default false,
  created timestamptz not null default now(),
  unique (organisation, name),
  unique (organisation, id)
);

create table api_keys (
  id text primary key,
  organisation text not null references organisations,
  user_id text,
  name text not null,
  -- SHA-256 of the whole key, in hex. The key itself is nowhere.
  hash text not null unique check (hash ~ '^[0-9a-f]{64}$'),
  prefix text not null,
  scopes text[] not null check (scopes <@ array['inference', 'admin', 'usage'] and cardinality(scopes) > 0),
  models text[],
  created timestamptz not null default now(),
  expires timestamptz,
  revoked timestamptz,
  last_used timestamptz,
  -- A key cannot belong to a user of another organisation.
  foreign key (organisation, user_id) references users (organisation, id)
);
create index api_keys_organisation on api_keys (organisation, created desc);
create index api_keys_user on api_keys (user_id);

create table sessions (
  -- SHA-256 of what the cookie holds.
  hash text primary key,
  organisation text not null references organisations,
  user_id text references users,
  key_id text references api_keys,
  created timestamptz not null default now(),
  expires timestamptz not null,
  check (user_id is not null or key_id is not null)
);
create index sessions_expires on sessions (expires);

create table sign_in_links (
  hash text primary key,
  organisation text not null references organisations,
  user_id text not null references users,
  created timestamptz not null default now(),
  expires timestamptz not null
);

create table audit (
  id bigint generated always as identity primary key,
  organisation text not null references organisations,
  at timestamptz not null,
  actor text not null,
  act text not null,
  subject text not null,
  -- json keeps its text as written, so that the hash can be computed again.
  detail json not null,
  previous text not null,
  hash text not null,
  -- The chain of an organisation has no forks.
  unique (organisation, previous)
);
create index audit_organisation on audit (organisation, id desc);

create function keelson_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log only grows: % is refused', tg_op using errcode = 'restrict_violation';
end $$;
create trigger audit_only_grows before update or delete or truncate on audit
  for each statement execute function keelson_refuse_change();

-- Whoever caches keys hears of every change, however it was made.
create function keelson_key_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('keelson_keys', coalesce(new.hash, old.hash));
  return null;
end $$;
create trigger api_keys_changed after insert or delete or update of hash, scopes, models, expires, revoked, user_id on api_keys
  for each row execute function keelson_key_changed();

create function keelson_user_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('keelson_keys', hash) from api_keys where user_id = new.id;
  return null;
end $$;
create trigger users_changed after update of disabled on users
  for each row execute function keelson_user_changed();

${["users", "api_keys", "sessions", "sign_in_links", "audit"].map((table) => secured(table, "organisation")).join("\n")}
${secured("organisations", "id")}
`,
};

/**
 * The sub-select is evaluated once for a statement instead of once for a row. `*` is the platform's own work.
 */
function secured(table: string, column: string): string {
  const setting = "(select current_setting('keelson.organisation', true))";
  return `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy organisation on ${table} using (${column} = ${setting} or ${setting} = '*');`;
}
