import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { findBackup, readCatalogue } from "../../src/recovery/backup/catalogue.js";
import { unpackInto } from "../../src/recovery/restore/restore.js";
import { startSource, temporaryDirectory } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Directories that were made durable, each with what was in it and beside it at that time. */
const synced: { directory: string; complete: boolean; named: boolean }[] = [];
vi.mock("../../src/disk/sync-tree.js", async (original) => {
  const { syncTree } = await original<typeof import("../../src/disk/sync-tree.js")>();
  return {
    async syncTree(directory: string) {
      const complete = ["PG_VERSION", "recovery.signal", "restored_wal"].every((name) =>
        existsSync(join(directory, name)),
      );
      const named = existsSync(directory.replace(/\.restore-[0-9a-f]+\.tmp$/, ""));
      synced.push({ directory, complete, named });
      await syncTree(directory);
    },
  };
});

test("a restore is durable before its directory gets its name: a power failure leaves all of it or nothing", async () => {
  const source = await startSource(cleanups);
  await source.backup();
  const backup = findBackup(await readCatalogue(source.repository, source.codec), "latest");
  const target = join(temporaryDirectory(cleanups), "copy");
  const options = { user: source.cluster.user, target: { kind: "restore-point" } } as const;
  synced.length = 0;
  await (await unpackInto(target, source.repository, source.codec, backup, options)).complete();
  expect(synced).toEqual([{ directory: expect.stringContaining(target), complete: true, named: false }]);
  expect(existsSync(target)).toBe(true);
}, 120_000);

test("a restore deletes nothing that appears in its target while it runs", async () => {
  const source = await startSource(cleanups);
  await source.backup();
  const backup = findBackup(await readCatalogue(source.repository, source.codec), "latest");
  const parent = temporaryDirectory(cleanups);
  const options = { user: source.cluster.user, target: { kind: "restore-point" } } as const;
  const unpack = (directory: string) => unpackInto(directory, source.repository, source.codec, backup, options);

  // A directory that a user made while the backup was fetched.
  const used = join(parent, "used");
  const first = await unpack(used);
  await mkdir(used);
  await writeFile(join(used, "notes.txt"), "mine");
  await expect(first.complete()).rejects.toMatchObject({ code: "restore/not-empty" });
  expect(await readFile(join(used, "notes.txt"), "utf8")).toBe("mine");
  expect(await readdir(parent)).toEqual(["used"]);

  // A directory with the name that a restore could use for its own files.
  const taken = join(parent, "copy.restore.tmp");
  await mkdir(taken);
  await writeFile(join(taken, "notes.txt"), "mine");
  const copy = join(parent, "copy");
  await mkdir(copy);
  await (await unpack(copy)).complete();
  expect(await readdir(copy)).toContain("PG_VERSION");
  expect(await readdir(taken)).toEqual(["notes.txt"]);

  // Through a link, the directory that it leads to is filled.
  const real = join(parent, "real");
  await mkdir(real);
  await symlink(real, join(parent, "link"));
  await (await unpack(join(parent, "link"))).complete();
  expect(await readdir(real)).toContain("PG_VERSION");
  expect((await readdir(parent)).filter((name) => name.endsWith(".tmp"))).toEqual(["copy.restore.tmp"]);
}, 120_000);
