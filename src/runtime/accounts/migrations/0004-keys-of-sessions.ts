import type { Migration } from "../../database/client.js";

/**
 * A session of the platform can create keys for any organisation. Row-level security hid those of others from the trigger
 * that ends the keys of a session.
 */
export const keysOfSessions: Migration = {
  name: "0004-keys-of-sessions",
  sql: `
create or replace function keelson_session_ended() returns trigger language plpgsql as $$
declare
  organisation text := current_setting('keelson.organisation', true);
begin
  perform set_config('keelson.organisation', '*', true);
  update api_keys set revoked = now() where session_id = old.id and revoked is null;
  perform set_config('keelson.organisation', coalesce(organisation, ''), true);
  return null;
end $$;
`,
};
