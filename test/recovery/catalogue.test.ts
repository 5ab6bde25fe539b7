import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { authenticatorOf } from "../../src/recovery/authenticator.js";
import { type Manifest, readCatalogue, writeManifest } from "../../src/recovery/backup/catalogue.js";
import { gzipCodec } from "../../src/recovery/backup-codec.js";
import { openFolder } from "../../src/recovery/repository/folder.js";
import { openRepository } from "../../src/recovery/repository/open.js";
import { temporaryDirectory } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test("the catalogue is read without listing the log archive, and ignores unrelated folders", async () => {
  const root = temporaryDirectory(cleanups);
  for (const directory of ["7710735376478221079/wal", "7710735376478221079/backups/20251121T080102Z", "lost+found"])
    mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(join(root, "7710735376478221079/wal/000000010000000000000003.gz"), "");
  writeFileSync(join(root, "7710735376478221079/backups/20251121T080102Z/manifest.json"), "cut");
  const folder = await openRepository(root);
  const asked: string[] = [];
  const list = (prefix: string) => {
    asked.push(prefix);
    return folder.list(prefix);
  };
  const { backups, damaged } = await readCatalogue({ ...folder, list }, gzipCodec(undefined));
  expect(asked).toEqual(["7710735376478221079/backups/"]);
  expect(backups).toEqual([]);
  expect(damaged).toEqual([
    {
      object: "7710735376478221079/backups/20251121T080102Z/manifest.json",
      why: expect.stringContaining("is damaged"),
    },
  ]);
});

const SYSTEM = "7710735376478221079";
const MANIFEST: Manifest = {
  ...{ format: 1, id: "20251121T080102Z", system: SYSTEM, platform: "test", startedAt: 1, finishedAt: 2 },
  ...{ postgres: "17.5", size: 10, timeline: 1, startLsn: "0/2000028", stopLsn: "0/2000100", recipient: null },
  ...{ firstSegment: "000000010000000000000002", lastSegment: "000000010000000000000002" },
  restorePoint: { name: "point", lsn: "0/2000200", at: 2 },
  base: { name: "base.tar.gz", bytes: 1, sha256: "" },
  fingerprint: { tables: [] },
};

/** A file of zeros that needs no disk. */
function makeSparse(path: string, bytes: number): void {
  writeFileSync(path, "");
  truncateSync(path, bytes);
}

test.each<[string, (path: string) => void, string]>([
  ["a file of 600 MB", (path) => makeSparse(path, 600e6), "has more than 16777216 bytes"],
  ["a named pipe", (path) => execFileSync("mkfifo", [path]), "is no regular file"],
  ["a link to an endless file", (path) => symlinkSync("/dev/zero", path), "is a link"],
  ["a directory", (path) => mkdirSync(path), "is no regular file"],
])("a foreign entry, %s, hides no other", async (_what, make, why) => {
  const root = temporaryDirectory(cleanups);
  const folder = openFolder(root);
  const codec = gzipCodec(authenticatorOf("AGE-SECRET-KEY-1TEST"));
  await writeManifest(folder, codec, MANIFEST);
  const name = `${SYSTEM}/backups/29991231T000000Z/manifest.json`;
  mkdirSync(join(root, name, ".."), { recursive: true });
  make(join(root, name));
  // A bucket lists every object: the entry is read also if a folder would not list it.
  const object = { name, bytes: 1, modified: 0 };
  const list = async (prefix: string) => [...(await folder.list(prefix)).filter((each) => each.name !== name), object];
  const { backups, damaged } = await readCatalogue({ ...folder, list }, codec);
  expect(backups.map(({ manifest, origin }) => [manifest.id, origin])).toEqual([[MANIFEST.id, "authenticated"]]);
  expect(damaged).toEqual([{ object: name, why: expect.stringContaining(why) }]);
});

test("nothing is written through a link out of the repository", async () => {
  const [root, elsewhere] = [temporaryDirectory(cleanups), temporaryDirectory(cleanups)];
  mkdirSync(join(root, SYSTEM));
  symlinkSync(elsewhere, join(root, SYSTEM, "backups"));
  const codec = gzipCodec(authenticatorOf("AGE-SECRET-KEY-1TEST"));
  await expect(writeManifest(openFolder(root), codec, MANIFEST)).rejects.toMatchObject({ code: "backup/place" });
  expect(readdirSync(elsewhere, { recursive: true })).toEqual([MANIFEST.id]);
});
