import { existsSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Header } from "tar";
import { afterEach, describe, expect, test } from "vitest";
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

/** Stores a backup whose archive contains a link, which no restore unpacks. It is authentic and newer than all others. */
async function storeUnpackable(source: Source, like: Manifest): Promise<Manifest> {
  const id = "20991231T000000Z";
  const name = `${backupPrefix({ system: like.system, id })}base.tar.gz.age`;
  const block = Buffer.alloc(512);
  new Header({ path: "global/link", type: "SymbolicLink", linkpath: "/etc/passwd", mode: 0o777, size: 0 }).encode(
    block,
  );
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
    const bad = await storeUnpackable(source, good);
    const recovery = await lose(source);
    const reported: string[] = [];
    recovery.events.on("event", ({ what }) => reported.push(what));
    await recovery.prepare(new AbortController().signal);
    expect(recovery.lastRestore()).toMatchObject({ backup: good.id, failedBackups: [bad.id] });
    expect(reported).toContainEqual(expect.stringMatching(`backup ${bad.id} cannot be restored: .* is damaged: `));
    expect(existsSync(join(source.cluster.data, "PG_VERSION"))).toBe(true);
    expect(readdirSync(source.home).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
