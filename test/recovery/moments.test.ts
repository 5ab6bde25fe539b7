import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { archiveCommand } from "../../src/postgres/archive-script.js";
import { clusterAt } from "../../src/postgres/cluster.js";
import { role } from "../../src/postgres/provision.js";
import { asSuperuser, freePort, startServer } from "../../src/postgres/server.js";
import { endStrays } from "../../src/postgres/strays.js";
import { restoreTo } from "../../src/recovery/offline.js";
import { restoreInto } from "../../src/recovery/restore/restore.js";
import { until } from "../support/local/keelson.js";
import { type Source, startSource, temporaryDirectory } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server with a backup of rows 1 to 3, and the moments after each row that was written since. */
async function withMoments(...rows: number[]): Promise<{ source: Source; after: number[] }> {
  const source = await startSource(cleanups);
  await source.query("CREATE TABLE ledger AS SELECT n AS id FROM generate_series(1, 3) n");
  await source.backup();
  const after: number[] = [];
  for (const row of rows) after.push(await write(source, row));
  return { source, after };
}

/** Writes a row; a moment after it and before the next. */
async function write(source: Source, row: number): Promise<number> {
  await source.query(`INSERT INTO ledger VALUES (${row})`);
  await sleep(20);
  const moment = Date.now();
  await sleep(20);
  return moment;
}

const places = (source: Source) => ({ repository: source.repositoryPath, identity: source.identityFile });

/** Restores the state of a moment aside. */
async function restoreAside(source: Source, at: number, id = "latest") {
  const directory = join(temporaryDirectory(cleanups), "copy");
  const { end } = await restoreTo(places(source), id, directory, { kind: "time", at });
  return { directory, end };
}

/** What a plain PostgreSQL that is started on it by hand finds there. */
async function rowsIn(directory: string): Promise<number[]> {
  const cluster = await clusterAt(temporaryDirectory(cleanups), `${directory}.log`);
  const { user, binaries, run } = cluster;
  const port = await freePort();
  const hands = { cwd: run, stdio: "ignore", ...(user.foreign && { uid: user.uid, gid: user.gid }) } as const;
  const options = `-p ${port} -k ${run} -c listen_addresses=`;
  cleanups.push(async () => void (await endStrays(directory)));
  execFileSync(join(binaries.directory, "pg_ctl"), ["-D", directory, "-o", options, "-w", "-s", "start"], hands);
  // Until all of the log is replayed it is started, and lets nobody in.
  const ready = () => /^ready/m.test(readFileSync(join(directory, "postmaster.pid"), "utf8"));
  await until(ready, 30_000, "the end of the replay");
  return asSuperuser(
    { superuser: { host: run, port, user: "postgres", database: "postgres" } },
    role,
    async (client) => {
      const { rows } = await client.query<{ id: number }>("SELECT id FROM ledger ORDER BY id");
      return rows.map(({ id }) => id);
    },
  );
}

describe("the state of a moment", () => {
  test("after everything that was written is the end of the log", async () => {
    const { source, after } = await withMoments(4, 5);
    await source.shipLog();
    const [first = 0, quiet = 0] = after;
    const { directory, end } = await restoreAside(source, quiet);
    const newest = end.kind === "end-of-log" ? (end.newest ?? 0) / 1000 : 0;
    expect(newest).toBeGreaterThan(first);
    expect(newest).toBeLessThan(quiet);
    expect(await rowsIn(directory)).toEqual([1, 2, 3, 4, 5]);
  });

  test("after a backup, when nothing was written since, is the backup's", async () => {
    const { source } = await withMoments();
    await sleep(20);
    const { directory } = await restoreAside(source, Date.now());
    expect(await rowsIn(directory)).toEqual([1, 2, 3]);
  });

  test("between two writes holds the first and not the second, were they in one segment or in two", async () => {
    const { source, after } = await withMoments(4, 5);
    await source.shipLog();
    const later = await write(source, 6);
    await write(source, 7);
    await source.shipLog();
    const [first = 0, second = 0] = after;
    expect(await rowsIn((await restoreAside(source, first)).directory)).toEqual([1, 2, 3, 4]);
    expect(await rowsIn((await restoreAside(source, second)).directory)).toEqual([1, 2, 3, 4, 5]);
    expect(await rowsIn((await restoreAside(source, later)).directory)).toEqual([1, 2, 3, 4, 5, 6]);
  }, 120_000);

  test("is stopped at before a transaction that was rolled back, too", async () => {
    const { source, after } = await withMoments(4);
    await source.query("BEGIN; INSERT INTO ledger VALUES (5); ROLLBACK");
    await source.shipLog();
    const { directory, end } = await restoreAside(source, after[0] ?? 0);
    expect(end.kind).toBe("moment");
    expect(await rowsIn(directory)).toEqual([1, 2, 3, 4]);
  });

  test("is that of the newest timeline, whatever the abandoned one went on to hold", async () => {
    const { source, after } = await withMoments(4);
    const [wanted = 0] = after;
    await sleep(50);
    const betweenBoth = Date.now();
    await sleep(50);
    await write(source, 5);
    await source.shipLog();
    // Back to the moment before row 5, as a restore in place does it.
    const { cluster, server } = source;
    await server.stop("fast");
    await rm(cluster.data, { recursive: true });
    const { manifest } = (await restoreTo(places(source), "latest", cluster.data, { kind: "time", at: wanted })).backup;
    const command = archiveCommand(cluster.archiveScript, cluster.run);
    const again = await startServer(cluster, { port: server.port, archive: { command, timeoutSeconds: 60 } });
    cleanups.push(() => again.stop("immediate"));
    await source.shipLog();

    // Row 5 was written later than this, but on the timeline that was left.
    const { directory, end } = await restoreAside(source, betweenBoth, manifest.id);
    expect(end.kind).toBe("end-of-log");
    expect(await rowsIn(directory)).toEqual([1, 2, 3, 4]);
  }, 120_000);

  test("that has not come is refused, and the newest one is named", async () => {
    const { source } = await withMoments(4);
    const refused = restoreAside(source, Date.now() + 3_600_000);
    await expect(refused).rejects.toMatchObject({
      code: "restore/future",
      hint: expect.stringMatching(/^the newest moment that can be reached is 20\d\d-.*Z; without --at/),
    });
  });

  test("before the backup was complete is refused", async () => {
    const { source } = await withMoments(4);
    await expect(restoreAside(source, Date.now() - 3_600_000)).rejects.toMatchObject({ code: "restore/too-early" });
  });
});

describe("a moment that the log does not reach", () => {
  test("since a segment is missing is refused, and the one that is named instead can be reached", async () => {
    const { source } = await withMoments(4, 5);
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
      // Row 5 was the last before the hole: just before it is the last state that is sure.
      expect(await rowsIn(directory)).toEqual([1, 2, 3, 4]);
      await endStrays(directory);
    }
  }, 120_000);

  test("since it was not archived is refused with the reason, unless what is archived goes on beyond it", async () => {
    const { source, after } = await withMoments(4, 5);
    await source.shipLog();
    const { manifest } = (await restoreTo(places(source), "latest", join(source.home, "copy"), { kind: "latest" }))
      .backup;
    const [between = 0, quiet = 0] = after;
    const { user } = source.cluster;
    const into = (name: string, at: number) =>
      restoreInto(join(source.home, name), source.repository, source.codec, manifest, {
        user,
        target: { kind: "time", at },
        lag: "the disk is full",
      });
    await expect(into("quiet", quiet)).rejects.toMatchObject({
      code: "log/not-archived",
      message: expect.stringContaining("the disk is full"),
      hint: expect.stringMatching(/^what was committed until .* can be had: --at/),
    });
    expect((await into("between", between)).end).toEqual({ kind: "moment", at: between });
  });
});
