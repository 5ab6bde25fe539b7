import pg from "pg";
import { PostgresClient } from "../../postgres-client/client.js";
import { type Load, steadyLoad } from "./load.js";

/** The table that a drill writes to; it is dropped afterwards. */
const TABLE = "keelson_drill_writes";

/** A client of the database, with a table of its own. */
export interface Writer {
  /** Starts committed writes at a steady rate per second: they measure the promise of the database itself. */
  load(ratePerSecond: number): Load;
  /** References of the writes that the database contains now. Throws while it is unavailable. */
  survivors(): Promise<ReadonlySet<string>>;
  /** Drops the table and closes the connections. */
  close(): Promise<void>;
}

export async function openWriter(url: string): Promise<Writer> {
  const pool = new pg.Pool({
    Client: PostgresClient,
    connectionString: url,
    max: 8,
    connectionTimeoutMillis: 1000,
    query_timeout: 2000,
    application_name: "keelson drill",
  });
  // An idle connection that breaks is replaced by the pool; the failure shows in the next write.
  pool.on("error", () => undefined);
  await pool.query(`CREATE TABLE IF NOT EXISTS ${TABLE} (n bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`);
  await pool.query(`TRUNCATE ${TABLE}`);
  return {
    load: (ratePerSecond) =>
      steadyLoad(ratePerSecond, "write", async (n) => {
        await pool.query(`INSERT INTO ${TABLE} (n) VALUES ($1)`, [n]);
        return `write ${n}`;
      }),
    async survivors() {
      const { rows } = await pool.query<{ n: string }>(`SELECT n FROM ${TABLE}`);
      return new Set(rows.map((row) => `write ${row.n}`));
    },
    async close() {
      // Best effort: the database may not have recovered, and the next drill truncates the table.
      await pool.query(`DROP TABLE IF EXISTS ${TABLE}`).catch(() => undefined);
      await pool.end();
    },
  };
}
