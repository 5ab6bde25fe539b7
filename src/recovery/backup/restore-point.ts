import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { corruptionMessage } from "../../postgres/corruption.js";
import { role } from "../../postgres/provision.js";
import { asSuperuser, type Server } from "../../postgres/server.js";
import { FINGERPRINT_SESSION, type Fingerprint, listTables, readTables } from "./fingerprint.js";

export interface MarkedPoint {
  /** Name of the restore point in the log. */
  readonly name: string;
  readonly lsn: string;
  readonly fingerprint: Fingerprint;
  /** Tables that cannot be read, each with the server's message. */
  readonly damage: readonly string[];
}

/** Attempts to find a snapshot that no transaction crosses. Afterwards the busy tables are not compared. */
const MAX_ATTEMPTS = 20;
/** A commit is visible to other transactions when it has been synced to the disk, usually within this time. */
const COMMIT_WAIT_MS = 60;
/** A slow disk needs longer for the sync. A transaction that still runs then has probably not started its commit. */
const MAX_COMMIT_WAIT_MS = 1200;
/** Less than the server's `deadlock_timeout` of one second, so that the server never aborts another transaction for this one. */
const LOCK_TIMEOUT_MS = 400;

/** Lock not available; undefined table: it was dropped since it was listed. */
const LOCK_NOT_AVAILABLE = "55P03";
const UNDEFINED_TABLE = "42P01";

/**
 * Creates a restore point in the log and takes the fingerprint of the snapshot directly before it, so that a restore up to the
 * point can be compared row by row. It blocks neither writers nor VACUUM: it holds only the lock of a SELECT (ACCESS SHARE).
 *
 * A transaction may commit between the snapshot and the restore point. Then another pair is tried. The restored copy decides
 * in any case: it knows which transactions of the snapshot's time were committed (see `isExact`). A table that another
 * transaction has locked exclusively is not read, and named in `unread`.
 */
export async function markRestorePoint(
  server: Pick<Server, "superuser">,
  name: string,
  maxAttempts = MAX_ATTEMPTS,
): Promise<MarkedPoint> {
  return asSuperuser(server, role, (observer) =>
    asSuperuser(server, role, async (reader) => {
      await reader.query(FINGERPRINT_SESSION);
      for (let attempt = 1; ; attempt += 1) {
        // Of two points with one name a recovery reaches only the first.
        const pair = await snapshotWithPoint(reader, observer, attempt === 1 ? name : `${name}-${attempt}`);
        if (attempt >= maxAttempts || !(await isCrossed(observer, pair))) {
          const { lsn, snapshot } = pair;
          const { tables, damage, damaged } = await readUndamaged(reader, pair.tables);
          const unread = [...pair.unread, ...damaged];
          return {
            name: pair.name,
            lsn,
            fingerprint: { tables, snapshot, ...(unread.length > 0 && { unread }) },
            damage,
          };
        }
        await reader.query("ROLLBACK");
        await sleep(Math.random() * COMMIT_WAIT_MS);
      }
    }),
  );
}

/** Reads the tables, except those that the server reports as damaged: their backup is kept and is not valid. */
async function readUndamaged(reader: pg.Client, names: readonly string[]) {
  const tables: Fingerprint["tables"] = [];
  const damaged: string[] = [];
  const damage: string[] = [];
  for (const table of names) {
    await reader.query("SAVEPOINT before_table");
    try {
      tables.push(...(await readTables(reader, [table])));
      await reader.query("RELEASE SAVEPOINT before_table");
    } catch (error) {
      const message = corruptionMessage(error);
      if (message === undefined) throw error;
      await reader.query("ROLLBACK TO SAVEPOINT before_table");
      damaged.push(table);
      damage.push(`table ${table} is damaged: ${message}`);
    }
  }
  return { tables, damage, damaged };
}

interface Pair {
  readonly name: string;
  readonly lsn: string;
  /** `xmin:xmax:xip,…` */
  readonly snapshot: string;
  /** The first transaction id that was not assigned when the restore point was written. */
  readonly next: string;
  readonly tables: readonly string[];
  readonly unread: string[];
}

async function snapshotWithPoint(reader: pg.Client, observer: pg.Client, name: string): Promise<Pair> {
  // From another connection: this transaction must not have a snapshot before it has its locks.
  const listed = await listTables(observer);
  await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const { locked, unread } = await lockForReading(reader, listed);
  const { rows } = await reader.query(
    "SELECT pg_current_snapshot()::text AS snapshot, pg_create_restore_point($1)::text AS lsn",
    [name],
  );
  const point = z.object({ snapshot: z.string(), lsn: z.string() }).parse(rows[0]);
  const after = await observer.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next");
  const { next } = z.object({ next: z.string() }).parse(after.rows[0]);
  return { name, ...point, next, tables: locked, unread };
}

/** TRUNCATE and ALTER TABLE are not transactional for a snapshot (PostgreSQL's manual, 13.6): the lock keeps them away. */
async function lockForReading(
  reader: pg.Client,
  names: readonly string[],
): Promise<{ readonly locked: string[]; readonly unread: string[] }> {
  const locked: string[] = [];
  const unread: string[] = [];
  await reader.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT_MS}ms'`);
  for (const table of names) {
    await reader.query("SAVEPOINT before_lock");
    try {
      await reader.query(`LOCK TABLE ONLY ${table} IN ACCESS SHARE MODE`);
      await reader.query("RELEASE SAVEPOINT before_lock");
      locked.push(table);
    } catch (error) {
      const code = error instanceof pg.DatabaseError ? error.code : undefined;
      if (code !== LOCK_NOT_AVAILABLE && code !== UNDEFINED_TABLE) throw error;
      await reader.query("ROLLBACK TO SAVEPOINT before_lock");
      if (code === LOCK_NOT_AVAILABLE) unread.push(table);
    }
  }
  // REINDEX locks an index while the rows are read: that is waited for.
  await reader.query("SET LOCAL lock_timeout = 0");
  return { locked, unread };
}

/** Whether a transaction of the pair's time has committed since: it may have committed before the restore point. */
async function isCrossed(observer: pg.Client, { snapshot, next }: Pair): Promise<boolean> {
  const { running, end } = parseSnapshot(snapshot);
  if (running.length === 0 && BigInt(next) === end) return false;
  for (let waitedMs = 0; ; ) {
    await sleep(COMMIT_WAIT_MS);
    waitedMs += COMMIT_WAIT_MS;
    if ((await inState(observer, "committed", running, end, BigInt(next))).length > 0) return true;
    // A commit that is being synced has written its record and still counts as in progress.
    const unfinished = await inState(observer, "in progress", running, end, BigInt(next));
    if (unfinished.length === 0 || waitedMs >= MAX_COMMIT_WAIT_MS) return false;
  }
}

/**
 * Whether a database that was restored to the restore point contains exactly the transactions that `snapshot` saw: none of
 * those that were running then, or started later, is committed. Must be asked before the restored server assigns ids.
 */
export async function isExact(server: Pick<Server, "superuser">, snapshot: string | undefined): Promise<boolean> {
  if (snapshot === undefined) return true;
  const { running, end } = parseSnapshot(snapshot);
  return asSuperuser(server, "postgres", async (client) => {
    const { rows } = await client.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next");
    const { next } = z.object({ next: z.string() }).parse(rows[0]);
    return (await inState(client, "committed", running, end, BigInt(next))).length === 0;
  });
}

/** Of the transactions in `running` and of those from `start` to before `end`, the ids of those in a state. */
async function inState(
  client: pg.Client,
  state: "committed" | "in progress",
  running: readonly string[],
  start: bigint,
  end: bigint,
): Promise<readonly string[]> {
  const { rows } = await client.query(
    `SELECT id FROM (
       SELECT unnest($1::text[]) AS id
       UNION ALL SELECT n::text FROM generate_series($2::bigint, $3::bigint - 1) n
     ) ids WHERE pg_xact_status(id::xid8) = $4`,
    [running, String(start), String(end), state],
  );
  return z
    .array(z.object({ id: z.string() }))
    .parse(rows)
    .map(({ id }) => id);
}

/** Parses `xmin:xmax:xip,…`: the ids that were running, and the first id that was not assigned yet. */
function parseSnapshot(snapshot: string): { readonly running: readonly string[]; readonly end: bigint } {
  const [, xmax = "0", running = ""] = snapshot.split(":");
  return { running: running === "" ? [] : running.split(","), end: BigInt(xmax) };
}
