import type { Migration } from "../../database/client.js";

/** The chain of the audit log has a key, and holds acts on the platform itself, in the chain `*`. */
export const auditChain: Migration = {
  name: "0003-audit-chain",
  sql: `
alter table audit
  -- The hash is an HMAC. Entries of earlier releases have a plain hash, and come before all others of their chain.
  add column keyed boolean not null default false,
  -- Id of an act that another process reports and may report again.
  add column act_id text unique,
  -- Acts on the platform itself have the organisation '*', which no organisation can have as its id.
  drop constraint audit_organisation_fkey;
`,
};
