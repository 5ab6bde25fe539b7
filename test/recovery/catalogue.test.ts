import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readCatalogue } from "../../src/recovery/backup/catalogue.js";
import { gzipCodec } from "../../src/recovery/backup-codec.js";
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
