import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { removeLeftovers } from "../../src/recovery/backup/leftovers.js";
import { openFolder } from "../../src/recovery/repository/folder.js";
import { temporaryDirectory } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const NOW = Date.now();
const MINUTE = 60_000;

/** A repository with these files, each written so many minutes ago. */
function withFiles(files: Readonly<Record<string, number>>) {
  const root = temporaryDirectory(cleanups);
  for (const [name, minutesAgo] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "x");
    const at = new Date(NOW - minutesAgo * MINUTE);
    utimesSync(path, at, at);
  }
  const left = () =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .sort();
  return { repository: openFolder(root), left };
}

test("what a killed platform left of its own backups is removed and named; complete and foreign ones are kept", async () => {
  const kept = {
    "1/backups/A/base.tar.gz.age": 90,
    "1/backups/A/manifest.json": 90,
    "1/wal/000000010000000000000001.sha.gz.age": 90,
    "2/backups/B/base.tar.gz.age": 600,
    "2/backups/C/base.tar.gz.age.1234abcd.tmp": 600,
  };
  const { repository, left } = withFiles({
    ...kept,
    "1/backups/D/base.tar.gz.age.1234abcd.tmp": 20,
    "1/backups/E/base.tar.gz.age": 20,
    "1/wal/000000010000000000000002.sha.gz.age.1234abcd.tmp": 20,
  });
  const startedAt = NOW - 10 * MINUTE;
  expect(await removeLeftovers(repository, "1", startedAt, NOW)).toEqual([
    "1/backups/D/base.tar.gz.age.1234abcd.tmp",
    "1/wal/000000010000000000000002.sha.gz.age.1234abcd.tmp",
    "1/backups/E",
  ]);
  expect(left()).toEqual(Object.keys(kept).sort());
  expect(await removeLeftovers(repository, "1", startedAt, NOW)).toEqual([]);
  expect(readdirSync(join(repository.place, "1/backups"))).toEqual(["A"]);
});

test("what was written since the platform started can have a writer: it is removed an hour later", async () => {
  const files = { "1/backups/D/base.tar.gz.age": 20, "1/backups/D/other.1234abcd.tmp": 20 };
  const { repository, left } = withFiles(files);
  const startedAt = NOW - 30 * MINUTE;
  expect(await removeLeftovers(repository, "1", startedAt, NOW)).toEqual([]);
  expect(left()).toHaveLength(2);
  expect(await removeLeftovers(repository, "1", startedAt, NOW + 60 * MINUTE)).toHaveLength(2);
  expect(left()).toEqual([]);
});

test("the directory of a backup that was killed before its first object is removed", async () => {
  const { repository } = withFiles({ "1/backups/A/manifest.json": 90 });
  const empty = join(repository.place, "1/backups/F");
  const foreign = join(repository.place, "2/backups/G");
  const at = new Date(NOW - 20 * MINUTE);
  for (const path of [empty, foreign]) {
    mkdirSync(path, { recursive: true });
    utimesSync(path, at, at);
  }
  expect(await removeLeftovers(repository, "1", NOW - 30 * MINUTE, NOW)).toEqual([]);
  expect(await removeLeftovers(repository, "1", NOW - 10 * MINUTE, NOW)).toEqual(["1/backups/F"]);
  expect(readdirSync(join(repository.place, "1/backups"))).toEqual(["A"]);
  expect(readdirSync(join(repository.place, "2/backups"))).toEqual(["G"]);
});
