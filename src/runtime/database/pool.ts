import pg from "pg";
import { PostgresClient } from "../../postgres-client/client.js";

/** PostgreSQL's bigint as a number. pg returns it as text. A value beyond the exact range of a number is an error: it must not be rounded. */
function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} exceeds the range of exact integers`);
  return value;
}

const { builtins } = pg.types;

const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === builtins.INT8 && format !== "binary" ? parseBigint : pg.types.getTypeParser(oid, format),
};

const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 30_000;

/** Settings that every connection of this process has. */
export function connectionSettings(url: string, name: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // TCP keep-alive detects a server that disappeared without closing the connection (a lost node).
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: TYPES,
  };
}

/** Connections for transactions. A broken connection is removed from the pool and does not crash the process. */
export function createPool(url: string, name: string, size: number): pg.Pool {
  const pool = new pg.Pool({
    Client: PostgresClient,
    ...connectionSettings(url, name),
    max: size,
    idleTimeoutMillis: 30_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
  });
  // Both are needed: the pool emits the errors of idle connections, and a client in use emits its own.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
