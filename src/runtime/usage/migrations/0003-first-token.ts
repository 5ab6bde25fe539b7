import type { Migration } from "../../database/client.js";

/** The time to the first token of streamed answers; null in every row of before. Adding a column without a default rewrites no row. */
export const firstToken: Migration = {
  name: "0003-first-token",
  sql: "alter table usage_events add column first_token_ms double precision",
};
