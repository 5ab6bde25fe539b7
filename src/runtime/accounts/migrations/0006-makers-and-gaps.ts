import type { Migration } from "../../database/client.js";

/** Sign-in links, and sessions that they start, record who created the link. Gaps of the audit log are found without reading it. */
export const makersAndGaps: Migration = {
  name: "0006-makers-and-gaps",
  sql: `
-- The actor who created the link; null for links of earlier releases, and for sessions that no link started.
alter table sign_in_links add column made_by text;
alter table sessions add column made_by text;
create index sign_in_links_made_by on sign_in_links (made_by);
create index sessions_made_by on sessions (made_by) where made_by is not null;

create index audit_gaps on audit (organisation, id) where act = 'audit.gap';
`,
};
