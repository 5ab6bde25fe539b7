import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isMountPoint } from "../../src/disk/mount-point.js";
import { requireReplaceable } from "../../src/recovery/restore/move-into-place.js";

/** A file system that every machine has mounted. */
const MOUNTED = process.platform === "linux" ? "/proc" : "/dev";

test("a directory at which a file system is mounted is no place for a restored database", async () => {
  await expect(requireReplaceable(MOUNTED)).rejects.toMatchObject({
    code: "restore/mount-point",
    hint: expect.stringContaining("parent directory"),
  });
});

test("a directory, and one that does not exist yet, are", async () => {
  const home = mkdtempSync(join(tmpdir(), "keelson-mount-"));
  mkdirSync(join(home, "data"));
  for (const name of ["data", "absent"]) {
    expect(await isMountPoint(join(home, name))).toBe(false);
    await requireReplaceable(join(home, name));
  }
  expect(readdirSync(home)).toEqual(["data"]);
  rmSync(home, { recursive: true });
});
