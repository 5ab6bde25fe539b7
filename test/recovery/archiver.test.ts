import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openFolder } from "../../src/recovery/repository/folder.js";
import type { Repository } from "../../src/recovery/repository/repository.js";
import { type Cleanups, until, up } from "../support/local/keelson.js";
import { startSource, temporaryDirectory } from "../support/recovery/source.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Replaces a directory; the returned function restores it. */
function replaceDirectory(directory: string, instead: "a file" | "nothing"): () => void {
  renameSync(directory, `${directory}.moved`);
  if (instead === "a file") writeFileSync(directory, "");
  return () => {
    rmSync(directory, { force: true });
    renameSync(`${directory}.moved`, directory);
  };
}

/** A repository that records the order in which WAL segments become durable, and refuses them while `refused` is set. */
function recording(repository: Repository) {
  const stored: string[] = [];
  const control = { refused: undefined as string | undefined, blocked: Promise.resolve() };
  const put: Repository["put"] = async (name, content) => {
    const segment = /\/wal\/([0-9A-F]{24})\./.exec(name)?.[1];
    if (segment !== undefined && segment === control.refused) throw new Error("refused");
    if (segment !== undefined) await control.blocked;
    const written = await repository.put(name, content);
    if (segment !== undefined) stored.push(segment);
    return written;
  };
  return { repository: { ...repository, put }, stored, control };
}

describe("a burst of finished segments", () => {
  test("is stored ahead of the server's requests, in order, and acknowledged only afterwards", async () => {
    const { repository, stored } = recording(openFolder(temporaryDirectory(cleanups)));
    const source = await startSource(cleanups, { repository });
    await source.query("CREATE TABLE ledger (n int)");
    const status = join(source.cluster.data, "pg_wal/archive_status");
    const acknowledged = () => readdirSync(status).flatMap((name) => /^([0-9A-F]{24})\.done$/.exec(name)?.[1] ?? []);
    let largest = 0;
    for (let n = 0; n < 30; n += 1) {
      await source.query(`INSERT INTO ledger VALUES (${n}); SELECT pg_switch_wal()`);
      largest = Math.max(largest, source.archiver.state().backlog.files);
      for (const name of acknowledged()) expect(stored).toContain(name);
    }
    await until(() => source.archiver.state().backlog.files === 0 && stored.length >= 30, 60_000, "an empty backlog");
    expect(largest).toBeGreaterThan(1);
    expect(source.archiver.state()).toMatchObject({ failing: undefined, backlog: { bytes: 0, oldestAt: undefined } });
    expect(stored).toEqual([...new Set(stored)].sort());
  });

  test("is counted while the repository does not respond", async () => {
    const { repository, control } = recording(openFolder(temporaryDirectory(cleanups)));
    const source = await startSource(cleanups, { repository });
    let resume = () => {};
    control.blocked = new Promise((resolve) => {
      resume = resolve;
    });
    await source.query("CREATE TABLE ledger (n int)");
    for (let n = 0; n < 4; n += 1) await source.query(`INSERT INTO ledger VALUES (${n}); SELECT pg_switch_wal()`);
    await until(() => source.archiver.state().backlog.files === 4, 20_000, "the backlog");
    resume();
    await until(() => source.archiver.state().backlog.files === 0, 60_000, "the empty backlog");
  });

  test("leaves no gap in the archive while one of them cannot be stored, and shows the backlog", async () => {
    const { repository, stored, control } = recording(openFolder(temporaryDirectory(cleanups)));
    const source = await startSource(cleanups, { repository });
    const [row] = await source.query("SELECT pg_walfile_name(pg_current_wal_lsn()) AS name");
    control.refused = String(row?.["name"]);
    await source.query("CREATE TABLE ledger (n int)");
    const before = Date.now();
    for (let n = 0; n < 5; n += 1) await source.query(`INSERT INTO ledger VALUES (${n}); SELECT pg_switch_wal()`);
    const { state } = source.archiver;
    await until(() => state().failing !== undefined && state().backlog.files === 5, 20_000, "the failure");
    expect(state()).toMatchObject({ failing: { name: control.refused, reason: "refused" } });
    expect(state().backlog.bytes).toBe(5 * 16 * 1024 * 1024);
    expect(Math.abs((state().backlog.oldestAt ?? 0) - before)).toBeLessThan(5_000);
    expect(stored).toEqual([]);
    control.refused = undefined;
    await until(() => state().backlog.files === 0, 90_000, "the empty backlog");
    expect(stored.slice(0, 5)).toEqual([...stored.slice(0, 5)].sort());
    expect(state().failing).toBeUndefined();
  }, 120_000);
});

describe("archive requests that cannot be read", () => {
  test.each([
    { instead: "a file", code: "ENOTDIR" },
    { instead: "nothing", code: "ENOENT" },
  ] as const)("are a failure while $instead is in place of the directory, and only as long", async (given) => {
    const source = await startSource(cleanups);
    const { archiver, cluster } = source;
    expect(archiver.state().failing).toBeUndefined();
    const restore = replaceDirectory(cluster.run, given.instead);
    await until(() => archiver.state().failing !== undefined, 5_000, "a failure");
    const first = archiver.state().failing;
    expect(first).toMatchObject({ name: cluster.run, reason: expect.stringContaining(given.code) });
    // Further polls find the same failure and keep the time of the first one.
    let reads = 0;
    await until(
      () => {
        reads += 1;
        expect(archiver.state().failing).toEqual(first);
        return reads > 20;
      },
      10_000,
      "further polls",
    );
    restore();
    await until(() => archiver.state().failing === undefined, 5_000, "the end of the failure");
    await source.query("CREATE TABLE ledger AS SELECT n FROM generate_series(1, 10) n");
    await source.shipLog();
    expect(archiver.state()).toMatchObject({ failing: undefined, last: { name: expect.any(String) } });
  });

  test("are reported by a running platform, which keeps running", async () => {
    const platform = await up(cleanups);
    const restore = replaceDirectory(join(platform.data, "postgres/run"), "a file");
    // The directory may be read between the two steps of its replacement.
    await platform.prints(/! the log is not archived: (ENOTDIR|ENOENT)/, 10_000);
    const status = await platform.status();
    restore();
    expect(status.archive?.failing?.reason).toMatch(/ENOTDIR|ENOENT/);
    await platform.prints(/the log is archived again/, 10_000);
    await until(async () => (await platform.status()).state === "ready", 60_000, "ready again");
    expect(await platform.stop()).toBe(0);
  }, 120_000);
});

test("a segment is closed within the archive timeout from the start of the server on", async () => {
  // Not only after the first `checkpoint_timeout`, which is two minutes.
  const source = await startSource(cleanups, { archiveTimeoutSeconds: 2 });
  await source.query("CREATE TABLE ledger AS SELECT 1 AS id");
  await until(() => source.archiver.state().archived > 0, 45_000, "the first segment");
});
