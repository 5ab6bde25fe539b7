import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { clusterAt } from "../../src/postgres/cluster.js";
import { role } from "../../src/postgres/provision.js";
import { endStrays } from "../../src/postgres/strays.js";
import { logArchive } from "../../src/recovery/archive/log-archive.js";
import { transactionEnds } from "../../src/recovery/archive/transaction-ends.js";
import { systemIdentifier } from "../../src/recovery/backup/data-directory.js";
import { restoreTo } from "../../src/recovery/offline.js";
import { restoreInto } from "../../src/recovery/restore/restore.js";
import { until } from "../support/local/keelson.js";
import { asAdministrator, flipByte, type Source, startSource, temporaryDirectory } from "../support/recovery/source.js";
import { timeBetween } from "../support/recovery/time-between.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server with a backup of rows 1 to 3, and the time after each row that was written since. */
async function withTimes(...rows: number[]): Promise<{ source: Source; after: number[] }> {
  const source = await startSource(cleanups);
  await source.query("CREATE TABLE ledger AS SELECT n AS id FROM generate_series(1, 3) n");
  await source.backup();
  const after: number[] = [];
  for (const row of rows) after.push(await write(source, row));
  return { source, after };
}

/** Writes a row; returns a time after it and before the next one. */
async function write(source: Source, row: number): Promise<number> {
  await source.query(`INSERT INTO ledger VALUES (${row})`);
  return timeBetween();
}

/** When the transactions in the archived log ended, in epoch microseconds. */
async function transactionEndsIn(source: Source): Promise<number[]> {
  const system = await systemIdentifier(source.cluster.data);
  const archive = logArchive(source.repository, source.codec, system);
  const ends: number[] = [];
  for (const entry of await archive.list())
    if (entry.file.kind === "segment")
      ends.push(...transactionEnds().read(entry.file.position, await archive.read(entry)));
  return ends;
}

const places = (source: Source) => ({ repository: source.repositoryPath, identity: source.identityFile });

/** Restores the state at a time to a new directory. */
async function restoreAside(source: Source, at: number, id = "latest") {
  const directory = join(temporaryDirectory(cleanups), "copy");
  const { end } = await restoreTo(places(source), id, directory, { kind: "time", at });
  return { directory, end };
}

/** The rows that an unmodified PostgreSQL finds in a directory. */
async function rowsIn(directory: string): Promise<number[]> {
  const cluster = await clusterAt(temporaryDirectory(cleanups), `${directory}.log`);
  const { user, binaries, run } = cluster;
  const port = await freePort();
  const hands = { cwd: run, stdio: "ignore", ...(user.foreign && { uid: user.uid, gid: user.gid }) } as const;
  const options = `-p ${port} -k ${run} -c listen_addresses=`;
  cleanups.push(async () => void (await endStrays(directory)));
  execFileSync(join(binaries.directory, "pg_ctl"), ["-D", directory, "-o", options, "-w", "-s", "start"], hands);
  // Until the log is replayed the server runs and accepts no connections.
  const ready = () => /^ready/m.test(readFileSync(join(directory, "postmaster.pid"), "utf8"));
  await until(ready, 30_000, "the end of the replay");
  return asAdministrator(
    { superuser: { host: run, port, user: "postgres", database: "postgres" } },
    role,
    async (client) => {
      const { rows } = await client.query<{ id: number }>("SELECT id FROM ledger ORDER BY id");
      return rows.map(({ id }) => id);
    },
  );
}

describe("the state at a time", () => {
  test("after the last write is the end of the log", async () => {
    const { source, after } = await withTimes(4, 5);
    await source.shipLog();
    const [first = 0, quiet = 0] = after;
    const { directory, end } = await restoreAside(source, quiet);
    const newest = end.kind === "end-of-log" ? (end.newest ?? 0) / 1000 : 0;
    expect(newest).toBeGreaterThan(first);
    expect(newest).toBeLessThan(quiet);
    expect(await rowsIn(directory)).toEqual([1, 2, 3, 4, 5]);
  });

  test("after a backup without later writes is that of the backup", async () => {
    const { source } = await withTimes();
    const { directory } = await restoreAside(source, await timeBetween());
    expect(await rowsIn(directory)).toEqual([1, 2, 3]);
  });

  test("between two writes includes the first and not the second, in one segment or in two", async () => {
    const { source, after } = await withTimes(4, 5);
    await source.shipLog();
    const later = await write(source, 6);
    await write(source, 7);
    await source.shipLog();
    const [first = 0, second = 0] = after;
    expect(await rowsIn((await restoreAside(source, first)).directory)).toEqual([1, 2, 3, 4]);
    expect(await rowsIn((await restoreAside(source, second)).directory)).toEqual([1, 2, 3, 4, 5]);
    expect(await rowsIn((await restoreAside(source, later)).directory)).toEqual([1, 2, 3, 4, 5, 6]);
  }, 120_000);

  test("also ends before a transaction that was rolled back", async () => {
    const { source, after } = await withTimes(4);
    await source.query("BEGIN; INSERT INTO ledger VALUES (5); ROLLBACK");
    await source.shipLog();
    const { directory, end } = await restoreAside(source, after[0] ?? 0);
    expect(end.kind).toBe("time");
    expect(await rowsIn(directory)).toEqual([1, 2, 3, 4]);
  });

  test("in the future is rejected with the newest time that can be restored", async () => {
    const { source } = await withTimes(4);
    const refused = restoreAside(source, Date.now() + 3_600_000);
    await expect(refused).rejects.toMatchObject({
      code: "restore/future",
      hint: expect.stringMatching(/^the newest time that can be restored is 20\d\d-.*Z; without --at/),
    });
  });

  test("before the backup was complete is rejected", async () => {
    const { source } = await withTimes(4);
    await expect(restoreAside(source, Date.now() - 3_600_000)).rejects.toMatchObject({ code: "restore/too-early" });
  });
});

describe("a time that the log does not reach", () => {
  test("because a segment is missing is rejected, and the suggested time can be restored", async () => {
    const { source } = await withTimes(4, 5);
    await source.shipLog();
    await write(source, 6);
    await source.shipLog();
    const late = await write(source, 7);
    await source.shipLog();
    const log = (await source.repository.list("")).filter((object) => /\/wal\/[0-9A-F]{24}\./.test(object.name));
    await source.repository.remove(log.at(-2)?.name ?? "");

    for (const target of [{ kind: "latest" }, { kind: "time", at: late }] as const) {
      const refusal = await restoreTo(places(source), "latest", join(source.home, "copy"), target).catch(
        (error: unknown) => error,
      );
      expect(refusal).toMatchObject({ code: "log/gap" });
      const [, named = ""] = /--at (\S+)$/.exec(String(Reflect.get(Object(refusal), "hint"))) ?? [];
      const { directory } = await restoreAside(source, Date.parse(named));
      // Row 5 is the last one before the gap: the time just before it is the last one that can be restored.
      expect(await rowsIn(directory)).toEqual([1, 2, 3, 4]);
      await endStrays(directory);
    }
  }, 120_000);

  test("because a later segment is damaged is rejected; a time before the damage is restored, to the microsecond", async () => {
    const { source } = await withTimes();
    await source.query("INSERT INTO ledger VALUES (4)");
    await source.query("INSERT INTO ledger VALUES (5)");
    await source.shipLog();
    const micros = await transactionEndsIn(source);
    const damaged = await write(source, 6);
    await source.shipLog();
    await write(source, 7);
    await source.shipLog();
    const segments = (await source.repository.list("")).filter((object) => /\/wal\/[0-9A-F]{24}\./.test(object.name));
    await flipByte(join(source.repositoryPath, segments.at(-2)?.name ?? ""));
    // The very microsecond of the commit of row 4: it is included, and row 5 is not.
    const between = (micros.at(-2) ?? 0) / 1000;
    expect(await rowsIn((await restoreAside(source, between)).directory)).toEqual([1, 2, 3, 4]);
    await expect(restoreAside(source, damaged)).rejects.toMatchObject({ code: "log/gap" });
  }, 120_000);

  test("because it was not archived is rejected with the reason, unless the archived log continues beyond it", async () => {
    const { source, after } = await withTimes(4, 5);
    await source.shipLog();
    const { backup } = await restoreTo(places(source), "latest", join(source.home, "copy"), { kind: "latest" });
    const [between = 0, quiet = 0] = after;
    const { user } = source.cluster;
    const into = (name: string, at: number) =>
      restoreInto(join(source.home, name), source.repository, source.codec, backup, {
        user,
        target: { kind: "time", at },
        lag: "the disk is full",
      });
    await expect(into("quiet", quiet)).rejects.toMatchObject({
      code: "log/not-archived",
      message: expect.stringContaining("the disk is full"),
      hint: expect.stringMatching(/^everything committed until .* can be restored: --at/),
    });
    expect((await into("between", between)).end).toEqual({ kind: "time", at: between });
  });
});
