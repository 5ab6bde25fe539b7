import type { Migration } from "../../database/client.js";

/** Sessions have ids and end the keys that were made for them; keys record who created them. */
export const sessionsAndOrigins: Migration = {
  name: "0002-sessions-and-origins",
  sql: `
select set_config('keelson.organisation', '*', true);

-- Sessions of earlier releases were identified by their cookie alone. Their users sign in again.
delete from sessions;
alter table sessions add column id text not null unique;
create index sessions_user on sessions (user_id);

alter table api_keys
  -- The actor who created the key; null for keys of earlier releases.
  add column made_by text,
  -- The session with which the key ends.
  add column session_id text;
create index api_keys_made_by on api_keys (made_by);
create index api_keys_session on api_keys (session_id) where session_id is not null;

-- However a session ends, its keys end with it, and the gateways are notified by the trigger of api_keys.
create function keelson_session_ended() returns trigger language plpgsql as $$
begin
  update api_keys set revoked = now() where session_id = old.id and revoked is null;
  return null;
end $$;
create trigger sessions_ended after delete on sessions
  for each row execute function keelson_session_ended();
`,
};
