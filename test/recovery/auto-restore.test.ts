import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Header } from "tar";
import { afterEach, describe, expect, test } from "vitest";
import { startPostgres } from "../../src/local/children/postgres-child.js";
import { backupPrefix, type Manifest, writeManifest } from "../../src/recovery/backup/catalogue.js";
import { systemIdentifier } from "../../src/recovery/backup/data-directory.js";
import { single } from "../../src/recovery/repository/repository.js";
import { type Recovery, startRecovery } from "../../src/recovery/service/recovery.js";
import { writeSystemId } from "../../src/recovery/service/system-id.js";
import { type Source, startSource } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Loses the data directory of a source, and starts the recovery service that is to restore it. */
async function lose(source: Source): Promise<Recovery> {
  const { cluster, repository, codec, home } = source;
  const systemIdFile = join(home, "database.json");
  await writeSystemId(systemIdFile, await systemIdentifier(cluster.data));
  await source.server.stop("immediate");
  await rm(cluster.data, { recursive: true });
  const recovery = startRecovery({ platform: "test", database: undefined, cluster, repository, codec, systemIdFile });
  cleanups.push(() => recovery.stop());
  return recovery;
}

/** Stores a backup whose archive has one entry only. It is authentic, and newer than all others. */
async function storeUnusable(source: Source, like: Manifest, entry: ConstructorParameters<typeof Header>[0]) {
  const id = "20991231T000000Z";
  const name = `${backupPrefix({ system: like.system, id })}base.tar.gz.age`;
  const block = Buffer.alloc(512);
  new Header(entry).encode(block);
  const archive = Buffer.concat([block, Buffer.alloc(1024)]);
  const written = await source.repository.put(name, source.codec.encode(single(archive)));
  const manifest = { ...like, id, finishedAt: like.finishedAt + 1000, base: { name, ...written } };
  await writeManifest(source.repository, source.codec, manifest);
  return manifest;
}

describe("a lost database", () => {
  test("is restored from the next backup if the newest one cannot be unpacked", async () => {
    const source = await startSource(cleanups);
    const good = await source.backup();
    const link = { path: "global/link", type: "SymbolicLink", linkpath: "/etc/passwd", mode: 0o777, size: 0 } as const;
    const bad = await storeUnusable(source, good, link);
    const recovery = await lose(source);
    const reported: string[] = [];
    recovery.events.on("event", ({ what }) => reported.push(what));
    await recovery.prepare(new AbortController().signal);
    expect(recovery.lastRestore()).toMatchObject({ backup: good.id, failedBackups: [bad.id] });
    expect(reported).toContainEqual(expect.stringMatching(`backup ${bad.id} cannot be restored: .* is damaged: `));
    expect(existsSync(join(source.cluster.data, "PG_VERSION"))).toBe(true);
    expect(readdirSync(source.home).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  }, 120_000);

  test("is restored from the next backup if the server cannot recover from the newest one", async () => {
    const source = await startSource(cleanups);
    const good = await source.backup();
    // It can be unpacked, but there is no database in it.
    const bad = await storeUnusable(source, good, { path: "PG_VERSION", type: "File", mode: 0o600, size: 0 });
    const recovery = await lose(source);
    const reported: string[] = [];
    recovery.events.on("event", ({ what }) => reported.push(what));
    const child = startPostgres({
      cluster: source.cluster,
      password: "secret",
      server: {},
      prepare: (signal) => recovery.prepare(signal),
      started: (server) => recovery.started(server),
      startFailed: (error) => recovery.startFailed(error),
    });
    cleanups.push(async () => {
      child.kill();
      await child.exited;
    });
    await Promise.race([child.ready, child.exited.then(({ how }) => Promise.reject(new Error(how)))]);
    expect(recovery.lastRestore()).toMatchObject({ backup: good.id, failedBackups: [bad.id] });
    expect(reported).toContainEqual(expect.stringContaining(`backup ${bad.id} cannot be restored: PostgreSQL did not`));
  }, 120_000);

  test("gets its previous data directory back if a replacement was interrupted between its two renames", async () => {
    const source = await startSource(cleanups);
    const { cluster, repository, codec, home } = source;
    await source.server.stop("immediate");
    // As `moveIntoPlace` leaves it when it is killed after the first rename.
    writeFileSync(`${cluster.data}.replacing`, "data.before-20251121T080102000Z");
    renameSync(cluster.data, `${cluster.data}.before-20251121T080102000Z`);
    const systemIdFile = join(home, "database.json");
    const recovery = startRecovery({ platform: "test", database: undefined, cluster, repository, codec, systemIdFile });
    cleanups.push(() => recovery.stop());
    await recovery.prepare(new AbortController().signal);
    expect(recovery.lastRestore()).toBeUndefined();
    expect(existsSync(join(cluster.data, "PG_VERSION"))).toBe(true);
    expect(existsSync(`${cluster.data}.replacing`)).toBe(false);
  }, 120_000);
});
