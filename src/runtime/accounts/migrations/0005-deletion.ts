import type { Migration } from "../../database/client.js";

/**
 * Users and organisations are deleted by a date: keys, usage and the audit log refer to their rows. The name of a deleted user is free
 * again; the id of a deleted organisation is not, because its usage and its audit log are kept under that id.
 */
export const deletion: Migration = {
  name: "0005-deletion",
  sql: `
alter table organisations add column deleted timestamptz;
alter table users add column deleted timestamptz;
alter table users add constraint deleted_users_are_disabled check (disabled or deleted is null);
alter table users drop constraint users_organisation_name_key;
create unique index users_name on users (organisation, name) where deleted is null;
`,
};
