import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { KeelsonError } from "../../errors/keelson-error.js";
import { role } from "../../postgres/provision.js";
import { asSuperuser, type Server } from "../../postgres/server.js";

export const fingerprintSchema = z.object({
  tables: z.array(z.object({ table: z.string(), rows: z.number(), hash: z.string() })),
});

/** Row count and hash of every table. Two databases with the same fingerprint contain the same rows. */
export type Fingerprint = z.infer<typeof fingerprintSchema>;

/** Quoted table names with their schemas. Unlogged tables are empty after any recovery, so they are excluded. */
const TABLES = `
  SELECT format('%I.%I', n.nspname, c.relname) AS "table"
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence = 'p'
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_toast%'
  ORDER BY 1`;

/** Values must be formatted the same way on both servers, whatever their defaults. */
const SESSION =
  "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET extra_float_digits = 1";

/** Reads every row of every table, which also verifies the checksum of each page. */
export async function fingerprint(server: Pick<Server, "superuser">): Promise<Fingerprint> {
  return asSuperuser(server, role, async (client) => {
    await client.query(SESSION);
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return add(client, await tables(client));
  });
}

/**
 * Creates a restore point in the log and takes the fingerprint of exactly that point, so that a restore up to it can be
 * compared row by row. Writers are blocked only while the point is written (milliseconds), not while the rows are read.
 */
export async function markRestorePoint(
  server: Pick<Server, "superuser">,
  name: string,
): Promise<{ lsn: string; fingerprint: Fingerprint }> {
  return asSuperuser(server, role, (holder) =>
    asSuperuser(server, role, async (reader) => {
      const names = await blockWriters(holder, reader);
      const point = await holder.query(
        "SELECT pg_create_restore_point($1)::text AS lsn, pg_export_snapshot() AS snapshot",
        [name],
      );
      const { lsn, snapshot } = z.object({ lsn: z.string(), snapshot: z.string() }).parse(point.rows[0]);
      await reader.query(SESSION);
      await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      await reader.query(`SET TRANSACTION SNAPSHOT ${pg.escapeLiteral(snapshot)}`);
      await reader.query("SELECT 1");
      await holder.query("COMMIT");
      return { lsn, fingerprint: await add(reader, names) };
    }),
  );
}

/**
 * Waits for running writers and blocks others until the transaction ends. It times out before the server checks for
 * deadlocks (one second), so that the server never aborts a writer, and retries.
 * The table names come from another connection: this one must not have a snapshot before it has its locks.
 */
async function blockWriters(holder: pg.Client, lister: pg.Client): Promise<string[]> {
  for (let attempt = 0; ; attempt += 1) {
    const names = await tables(lister);
    await holder.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await holder.query("SET LOCAL lock_timeout = '400ms'");
    try {
      if (names.length > 0) await holder.query(`LOCK TABLE ${names.join(", ")} IN SHARE MODE`);
      // A table that was created in between is not locked; the next attempt includes it.
      if ((await tables(holder)).join() === names.join()) return names;
      await holder.query("ROLLBACK");
    } catch (error) {
      await holder.query("ROLLBACK");
      if (!(error instanceof pg.DatabaseError && RETRIED.has(error.code ?? ""))) throw error;
    }
    if (attempt >= MAX_ATTEMPTS)
      throw new KeelsonError(
        "backup/busy",
        "a transaction has been writing for too long: no restore point could be created",
      );
    await sleep(50 + Math.random() * 200);
  }
}

/** Attempts to lock all tables, 400 ms each. */
const MAX_ATTEMPTS = 20;

/** Lock not available; undefined table: one was dropped since it was listed. */
const RETRIED = new Set(["55P03", "42P01"]);

async function tables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(TABLES);
  return z
    .array(z.object({ table: z.string() }))
    .parse(rows)
    .map((row) => row.table);
}

async function add(client: pg.Client, names: readonly string[]): Promise<Fingerprint> {
  const result: Fingerprint["tables"] = [];
  for (const table of names) {
    const { rows } = await client.query(
      `SELECT count(*)::int8::text AS rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text AS hash
       FROM ONLY ${table} t`,
    );
    const [row] = z.array(z.object({ rows: z.coerce.number(), hash: z.string() })).parse(rows);
    if (row) result.push({ table, ...row });
  }
  return { tables: result };
}

/** The differences as text; empty if both contain the same rows. */
export function differences(expected: Fingerprint, found: Fingerprint): string[] {
  const byName = new Map(found.tables.map((table) => [table.table, table]));
  const wrong = expected.tables.flatMap((table) => {
    const other = byName.get(table.table);
    if (!other) return [`table ${table.table} is missing`];
    if (other.rows !== table.rows) return [`table ${table.table} has ${other.rows} rows instead of ${table.rows}`];
    return other.hash === table.hash ? [] : [`rows of table ${table.table} differ`];
  });
  const expectedNames = new Set(expected.tables.map((table) => table.table));
  const extra = found.tables
    .filter((table) => !expectedNames.has(table.table))
    .map((table) => `table ${table.table} is not in the source`);
  return [...wrong, ...extra];
}
