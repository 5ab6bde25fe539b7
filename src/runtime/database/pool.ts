import pg from "pg";

/** bigint and sums of it come as text; counts here stay far below 2^53, and one that did not must not be rounded. */
function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond what a number can hold exactly`);
  return value;
}

const { builtins } = pg.types;

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === builtins.INT8 && format !== "binary" ? parseBigint : pg.types.getTypeParser(oid, format),
};

const connectTimeout = 3_000;
const statementTimeout = 30_000;

/** Settings that every connection of this process has. */
export function connectionSettings(url: string, name: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: connectTimeout,
    // A server that vanished without a word (a lost node) is noticed by TCP instead of never.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  };
}

/** Connections for transactions. A connection that breaks is dropped; it never takes the process with it. */
export function createPool(url: string, name: string, size: number): pg.Pool {
  const pool = new pg.Pool({
    ...connectionSettings(url, name),
    max: size,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementTimeout,
    query_timeout: statementTimeout + 5_000,
    idle_in_transaction_session_timeout: statementTimeout,
  });
  // Both are needed: the pool reports idle connections, a client that is in use reports itself.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}
