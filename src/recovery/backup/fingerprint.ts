import type pg from "pg";
import { z } from "zod";
import { role } from "../../postgres/provision.js";
import { asSuperuser, type Server } from "../../postgres/server.js";

export const fingerprintSchema = z.object({
  tables: z.array(z.object({ table: z.string(), rows: z.number(), hash: z.string() })),
  /** The tables that could not be read when the fingerprint was taken, because they were locked exclusively. */
  unread: z.array(z.string()).optional(),
  /**
   * The snapshot that the rows were read in, as `pg_current_snapshot()` prints it. The restore point follows it at once. Absent
   * in backups of an earlier version, which locked the tables between the two.
   */
  snapshot: z.string().optional(),
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

/**
 * Values must be formatted the same way on both servers, whatever their defaults. These timeouts, which the owner of the database
 * can set for it, exist in newer versions only.
 */
export const FINGERPRINT_SESSION = `
  SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET extra_float_digits = 1;
  SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('transaction_timeout', 'idle_session_timeout')`;

/** Reads every row of every table, which also verifies the checksum of each page. */
export async function fingerprint(server: Pick<Server, "superuser">): Promise<Fingerprint> {
  return asSuperuser(server, role, async (client) => {
    await client.query(FINGERPRINT_SESSION);
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return { tables: await readTables(client, await listTables(client)) };
  });
}

export async function listTables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(TABLES);
  return z
    .array(z.object({ table: z.string() }))
    .parse(rows)
    .map((row) => row.table);
}

/**
 * Counts and hashes the rows of the tables that the client's transaction sees. `record_out` prints a row as a cast to text does,
 * but the owner of a table cannot redefine it: a cast of its row type, or a function that fits better, would run as the superuser.
 */
export async function readTables(client: pg.Client, names: readonly string[]): Promise<Fingerprint["tables"]> {
  const result: Fingerprint["tables"] = [];
  for (const table of names) {
    const { rows } = await client.query(
      `SELECT count(*)::int8::text AS rows, coalesce(sum(hashtextextended(record_out(ROW(t.*))::text, 0)::numeric), 0)::text AS hash
       FROM ONLY ${table} t`,
    );
    const [row] = z.array(z.object({ rows: z.coerce.number(), hash: z.string() })).parse(rows);
    if (row) result.push({ table, ...row });
  }
  return result;
}

export interface Comparison {
  /** The differences as text; empty if both contain the same rows. */
  readonly differences: readonly string[];
  /** Tables about which the comparison proves nothing, sorted. */
  readonly notCompared: readonly string[];
}

/**
 * Compares a restored database with its source. `exact`: the restored database contains exactly the transactions that the
 * source's snapshot saw. If it is false, a table that differs may have been changed by a transaction that committed between the
 * snapshot and the restore point: it is not compared, and not a difference.
 */
export function compareFingerprints(expected: Fingerprint, found: Fingerprint, exact: boolean): Comparison {
  const unread = new Set(expected.unread);
  const byName = new Map(found.tables.map((table) => [table.table, table]));
  const wrong = expected.tables.flatMap(({ table, rows, hash }) => {
    const other = byName.get(table);
    if (!other) return [{ table, why: `table ${table} is missing` }];
    if (other.rows !== rows) return [{ table, why: `table ${table} has ${other.rows} rows instead of ${rows}` }];
    return other.hash === hash ? [] : [{ table, why: `rows of table ${table} differ` }];
  });
  const expectedNames = new Set(expected.tables.map((table) => table.table));
  const extra = found.tables
    .filter(({ table }) => !expectedNames.has(table) && !unread.has(table))
    .map(({ table }) => ({ table, why: `table ${table} is not in the source` }));
  const differing = [...wrong, ...extra];
  return {
    differences: exact ? differing.map(({ why }) => why) : [],
    notCompared: [...unread, ...(exact ? [] : differing.map(({ table }) => table))].sort(),
  };
}
