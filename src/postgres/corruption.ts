import pg from "pg";

/** `data_corrupted` and `index_corrupted` of PostgreSQL's error codes. */
const CODES = new Set(["XX001", "XX002"]);

/** The message of an error by which the server reports damaged data; undefined for any other error. */
export function corruptionMessage(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError && CODES.has(error.code ?? "") ? error.message : undefined;
}
