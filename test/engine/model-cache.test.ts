import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  adopt,
  cachedWeights,
  cachePath,
  type DownloadedSource,
  openCache,
} from "../../src/runtime/engine/weights/cache.js";

const source: DownloadedSource = {
  kind: "huggingface",
  from: "hf://owner/repository/model.gguf",
  sha256: undefined,
};
const isRoot = process.getuid?.() === 0;
let home: string;
let umask: number;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "keelson-cache-"));
  process.env["KEELSON_MODELS"] = join(home, "models");
  umask = process.umask(0);
});

afterEach(() => {
  process.umask(umask);
  delete process.env["KEELSON_MODELS"];
  rmSync(home, { recursive: true, force: true });
});

/** A model in the cache, as a download leaves it. */
async function downloaded(): Promise<string> {
  const file = cachePath(source);
  await openCache(file);
  writeFileSync(`${file}.part`, "weights", { mode: 0o600 });
  await adopt(`${file}.part`, file, undefined);
  return file;
}

describe("the cache of models", () => {
  test("is closed to other users, with every umask", async () => {
    const file = await downloaded();
    expect(await cachedWeights(source)).toBe(file);
    expect(statSync(join(home, "models")).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(join(home, "models")))
      expect([name, statSync(join(home, "models", name)).mode & 0o077]).toEqual([name, 0]);
  });

  test("is not used if other users can replace its files", async () => {
    const file = await downloaded();
    for (const mode of [0o770, 0o707]) {
      chmodSync(join(home, "models"), mode);
      await expect(cachedWeights(source)).rejects.toMatchObject({ code: "data/shared" });
      await expect(openCache(file)).rejects.toMatchObject({ code: "data/shared" });
    }
    chmodSync(join(home, "models"), 0o755);
    expect(await cachedWeights(source)).toBe(file);
  });

  test.runIf(isRoot)("does not use a file, or the record of its checksum, of another user (as root)", async () => {
    const file = await downloaded();
    execFileSync("chown", ["nobody", file]);
    expect(await cachedWeights(source)).toBeUndefined();
    execFileSync("chown", ["root", file]);
    writeFileSync(file, "swapped");
    const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
    const swapped = "7f4bb9b7c3ac22b9e0bd2d0d9be5ee4d9be6ad32c53e0e5ed9a2dbce9ab1f7a4";
    writeFileSync(`${file}.sha256`, `${swapped} ${[ino, size, mtimeNs, ctimeNs].join(":")}\n`);
    execFileSync("chown", ["nobody", `${file}.sha256`]);
    expect(await cachedWeights({ ...source, sha256: swapped })).toBeUndefined();
  });

  test.runIf(isRoot)("is not used in a directory of another user (as root)", async () => {
    mkdirSync(join(home, "models"));
    execFileSync("chown", ["nobody", join(home, "models")]);
    await expect(cachedWeights(source)).rejects.toMatchObject({ code: "data/shared" });
  });
});
