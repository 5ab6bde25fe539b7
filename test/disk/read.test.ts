import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  lstatIfPresent,
  readdirIfPresent,
  readIfPresent,
  readIfPresentSync,
  statIfPresent,
  statIfPresentSync,
} from "../../src/disk/read.js";

const root = mkdtempSync(join(tmpdir(), "keelson-read-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const path = (name: string): string => join(root, name);
writeFileSync(path("file"), "text");
mkdirSync(path("directory"));
writeFileSync(path("directory/entry"), "");
symlinkSync(path("loop"), path("loop"));

const reads = {
  readIfPresent,
  readdirIfPresent,
  statIfPresent,
  lstatIfPresent,
  readIfPresentSync: async (name: string) => readIfPresentSync(name),
  statIfPresentSync: async (name: string) => statIfPresentSync(name),
} satisfies Record<string, (name: string) => Promise<unknown>>;

describe.each(Object.entries(reads))("%s", (_name, read) => {
  it("returns undefined for a path that does not exist", async () => {
    expect(await read(path("none"))).toBeUndefined();
    expect(await read(path("none/below"))).toBeUndefined();
  });

  it("returns undefined below a file", async () => {
    expect(await read(path("file/below"))).toBeUndefined();
  });

  it("throws file/unreadable, with the path, for any other error of the system", async () => {
    await expect(read(path("loop/below"))).rejects.toMatchObject({
      code: "file/unreadable",
      exitCode: 2,
      message: `cannot read ${path("loop/below")}: ELOOP: too many symbolic links encountered`,
      hint: expect.stringContaining("permissions"),
    });
  });
});

describe("an existing path", () => {
  it("is read", async () => {
    expect(await readIfPresent(path("file"))).toBe("text");
    expect((await readdirIfPresent(path("directory")))?.map(({ name }) => name)).toEqual(["entry"]);
    expect((await statIfPresent(path("directory")))?.isDirectory()).toBe(true);
    expect((await lstatIfPresent(path("loop")))?.isSymbolicLink()).toBe(true);
  });

  it("is unreadable if it is a directory in place of a file", async () => {
    const message = `cannot read ${path("directory")}: EISDIR: illegal operation on a directory`;
    await expect(readIfPresent(path("directory"))).rejects.toMatchObject({ message });
    expect(() => readIfPresentSync(path("directory"))).toThrow(message);
  });
});
