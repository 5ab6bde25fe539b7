import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { authenticatorOf } from "../../src/recovery/authenticator.js";
import { gzipCodec } from "../../src/recovery/backup-codec.js";
import { openFolder } from "../../src/recovery/repository/folder.js";
import { RepositoryMarker } from "../../src/recovery/repository/marker.js";
import { temporaryDirectory } from "../support/recovery/source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const SYSTEM = "7710735376478221079";

function setUp() {
  const home = temporaryDirectory(cleanups);
  const [disk, memory] = [join(home, "disk"), join(home, "memory")];
  const codec = gzipCodec(authenticatorOf("AGE-SECRET-KEY-1TEST"));
  const marker = (place = disk) => new RepositoryMarker(openFolder(place), codec, memory);
  return { home, disk, memory, marker };
}

describe("the repository of a platform", () => {
  test("is recognised by its marker, which the first use creates", async () => {
    const { disk, marker } = setUp();
    await marker().require(SYSTEM);
    await marker().require(SYSTEM);
    expect(existsSync(join(disk, SYSTEM, "repository.json"))).toBe(true);
  });

  test("is not created again where its disk is not mounted, and is used again once it is", async () => {
    const { home, disk, marker } = setUp();
    await marker().require(SYSTEM);
    renameSync(disk, join(home, "elsewhere"));
    // The empty mount point, and no mount point at all.
    mkdirSync(disk);
    const refused = { code: "backup/no-marker", hint: expect.stringContaining("is its disk mounted?") };
    await expect(marker().require(SYSTEM)).rejects.toMatchObject(refused);
    rmSync(disk, { recursive: true });
    await expect(marker().require(SYSTEM)).rejects.toMatchObject(refused);
    expect(existsSync(disk)).toBe(false);
    renameSync(join(home, "elsewhere"), disk);
    await marker().require(SYSTEM);
  });

  test("is not another repository in the same place, such as one from before the disk was mounted", async () => {
    const { disk, memory, marker } = setUp();
    await marker().require(SYSTEM);
    rmSync(disk, { recursive: true });
    const elsewhere = setUp();
    await elsewhere.marker(disk).require(SYSTEM);
    await expect(marker().require(SYSTEM)).rejects.toMatchObject({
      code: "backup/no-marker",
      message: expect.stringContaining("another repository"),
    });
    // The way on that the error names.
    rmSync(memory);
    await marker().require(SYSTEM);
  });

  test("can be moved to another place", async () => {
    const { home, marker } = setUp();
    await marker().require(SYSTEM);
    await marker(join(home, "new")).require(SYSTEM);
    expect(existsSync(join(home, "new", SYSTEM, "repository.json"))).toBe(true);
  });
});
