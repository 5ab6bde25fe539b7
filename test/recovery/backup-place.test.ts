import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backupPlace } from "../../src/local/backup-place.js";
import { layout } from "../../src/local/layout.js";
import { authenticatorOf } from "../../src/recovery/authenticator.js";
import { gzipCodec } from "../../src/recovery/backup-codec.js";
import { openFolder } from "../../src/recovery/repository/folder.js";
import { RepositoryMarker } from "../../src/recovery/repository/marker.js";

const SYSTEM = "7710735376478221079";
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "keelson-backup-place-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A database that has used a repository: the folder in its data directory, or another one. */
async function used(place?: string) {
  const places = layout(join(home, "data"));
  mkdirSync(places.root, { recursive: true });
  const codec = gzipCodec(authenticatorOf("AGE-SECRET-KEY-1TEST"));
  const repository = { ...openFolder(place?.startsWith("s3://") ? join(home, "bucket") : (place ?? places.backups)) };
  const marked = place?.startsWith("s3://") ? { ...repository, place } : repository;
  await new RepositoryMarker(marked, codec, `${places.database}.repository`).require(SYSTEM);
  return places;
}

describe("the place of the backups", () => {
  test("is the folder in the data directory at the first start, and the given one always", async () => {
    const places = layout(join(home, "data"));
    expect(await backupPlace(undefined, places)).toEqual({ place: places.backups });
    await used(join(home, "disk"));
    expect(await backupPlace("/mnt/other", places)).toEqual({ place: "/mnt/other" });
  });

  test("is the one that was used before if none is given, and that is reported", async () => {
    const disk = join(home, "disk");
    const places = await used(disk);
    const { place, note } = await backupPlace(undefined, places);
    expect(place).toBe(disk);
    expect(note).toContain(`--backups ${places.backups}`);
  });

  test("stays in a data directory that was moved or copied with its backups", async () => {
    await used();
    renameSync(join(home, "data"), join(home, "moved"));
    const moved = layout(join(home, "moved"));
    expect(await backupPlace(undefined, moved)).toEqual({ place: moved.backups });
    cpSync(join(home, "moved"), join(home, "copied"), { recursive: true });
    const copied = layout(join(home, "copied"));
    expect(await backupPlace(undefined, copied)).toEqual({ place: copied.backups });
  });

  test("must be given if it is a bucket: its endpoint is not remembered", async () => {
    const places = await used("s3://backups/starter");
    await expect(backupPlace(undefined, places)).rejects.toMatchObject({
      code: "backup/moved",
      message: expect.stringContaining("s3://backups/starter"),
    });
  });
});
