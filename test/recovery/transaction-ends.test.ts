import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { archiveCommand } from "../../src/postgres/archive-script.js";
import { asSuperuser, startServer } from "../../src/postgres/server.js";
import { logArchive } from "../../src/recovery/archive/log-archive.js";
import { SEGMENT_BYTES, segmentName } from "../../src/recovery/archive/segments.js";
import { transactionEnds } from "../../src/recovery/archive/transaction-ends.js";
import { replayPath } from "../../src/recovery/restore/replay-path.js";
import { type Source, startSource } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that tracks commit timestamps and supports prepared transactions. */
async function rememberingSource(): Promise<Source> {
  const source = await startSource(cleanups);
  const { cluster, server } = source;
  await asSuperuser(server, "postgres", async (client) => {
    await client.query("ALTER SYSTEM SET track_commit_timestamp = on");
    await client.query("ALTER SYSTEM SET max_prepared_transactions = 5");
  });
  await server.stop("fast");
  const command = archiveCommand(cluster.archiveScript, cluster.run);
  const again = await startServer(cluster, { archive: { command, timeoutSeconds: 60 } });
  cleanups.push(() => again.stop("immediate"));
  return source;
}

/** When the transactions of the whole archived log ended, read from its segments. */
async function endsInArchive(source: Source, system: string): Promise<{ ends: number[]; segments: number }> {
  const archive = logArchive(source.repository, source.codec, system);
  const files = await archive.list();
  const path = replayPath(
    files.map(({ file }) => file),
    { number: 1, ancestors: [], since: 0 },
    segmentName(1, 1n),
  );
  const log = transactionEnds();
  const ends: number[] = [];
  for (const { name, position } of path) {
    const file = files.find((each) => each.file.name === name);
    if (!file) throw new Error(`${name} is not in the archive`);
    ends.push(...log.read(position, await archive.read(file)));
    expect(log.ended(), name).toBe(false);
  }
  return { ends, segments: path.length };
}

const microseconds = (expression: string) => `(extract(epoch FROM ${expression}) * 1000000)::bigint::text`;
const timeSchema = z.object({ at: z.coerce.number() });

describe("the log that PostgreSQL writes", () => {
  test("contains the end of each transaction, to the microsecond", async () => {
    const source = await rememberingSource();
    await source.query("CREATE TABLE ledger (id serial, what text)");
    // Of all lengths, so that records start and end at every offset of a page, and some fill several pages or segments.
    await source.query(`DO $$ BEGIN
      FOR n IN 1..3000 LOOP
        INSERT INTO ledger (what) SELECT string_agg(md5(n::text || i), '') FROM generate_series(1, n % 97) i;
        COMMIT;
      END LOOP;
    END $$`);
    await source.query("INSERT INTO ledger (what) SELECT repeat(md5(n::text), 30) FROM generate_series(1, 20000) n");
    await source.query(
      "INSERT INTO ledger (what) SELECT string_agg(md5(n::text), '') FROM generate_series(1, 600000) n",
    );
    // Subtransactions, which the commit record lists.
    await source.query(`DO $$ BEGIN
      FOR n IN 1..500 LOOP
        BEGIN INSERT INTO ledger (what) VALUES ('part'); EXCEPTION WHEN OTHERS THEN NULL; END;
      END LOOP;
    END $$`);
    await source.query("SELECT pg_logical_emit_message(true, 'big', repeat('x', 20000000)) IS NULL AS sent");
    await source.query("BEGIN; INSERT INTO ledger (what) VALUES ('prepared'); PREPARE TRANSACTION 'one'");
    await source.query("COMMIT PREPARED 'one'");
    const committed = z
      .array(timeSchema)
      .parse(await source.query(`SELECT DISTINCT ${microseconds("pg_xact_commit_timestamp(xmin)")} AS at FROM ledger`));
    const [last] = await source.query(`SELECT ${microseconds("timestamp")} AS at FROM pg_last_committed_xact()`);
    // Rolled back: there is no commit timestamp, but a replay can stop there too.
    const before = Date.now() * 1000;
    await source.query("BEGIN; INSERT INTO ledger (what) VALUES ('undone'); ROLLBACK");
    await source.query("BEGIN; INSERT INTO ledger (what) VALUES ('undone'); PREPARE TRANSACTION 'two'");
    await source.query("ROLLBACK PREPARED 'two'");
    await source.shipLog();

    const { ends, segments } = await endsInArchive(source, (await systemOf(source)) ?? "");
    expect(segments).toBeGreaterThan(4);
    expect(committed.length).toBeGreaterThan(2500);
    const known = new Set(ends);
    expect(committed.filter(({ at }) => !known.has(at))).toEqual([]);
    expect(known.has(timeSchema.parse(last).at)).toBe(true);
    const rolledBack = ends.filter((at) => at >= before);
    expect(rolledBack).toHaveLength(2);
    expect(Math.max(...ends)).toBe(rolledBack.at(-1));
    expect(Math.max(...ends)).toBeLessThanOrEqual(Date.now() * 1000);
  }, 120_000);

  test("of another version is rejected", () => {
    const other = Buffer.alloc(8192);
    other.writeUInt16LE(0xd118);
    expect(() => transactionEnds().read(1n, other)).toThrow(
      expect.objectContaining({ code: "log/format", message: expect.stringContaining("0xd118") }),
    );
  });

  test("ends where nothing was written", () => {
    const log = transactionEnds();
    const segment = Buffer.alloc(2 * 8192);
    segment.writeUInt16LE(0xd116);
    segment.writeUInt16LE(2, 2);
    segment.writeBigUInt64LE(3n * SEGMENT_BYTES, 8);
    expect(log.read(3n, segment)).toEqual([]);
    expect(log.ended()).toBe(true);
  });
});

async function systemOf(source: Source): Promise<string | undefined> {
  const objects = await source.repository.list("");
  return objects[0]?.name.split("/")[0];
}
