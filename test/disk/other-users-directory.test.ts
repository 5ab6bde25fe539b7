import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openOwned, readOwned } from "../../src/disk/owned-file.js";
import { requireNotWorldWritable, requirePrivateDirectory } from "../../src/disk/private-directory.js";
import { removeTree } from "../../src/disk/remove-tree.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "keelson-owned-"));
  chmodSync(root, 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a file in a directory of another user", () => {
  it("is read if it is a regular file, and reported as absent if there is none", async () => {
    writeFileSync(join(root, "file"), "content");
    expect((await readOwned(root, "file")).toString()).toBe("content");
    await expect(readOwned(root, "none")).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is not read through a link, and a named pipe does not block", async () => {
    writeFileSync(join(root, "secret"), "secret");
    symlinkSync(join(root, "secret"), join(root, "link"));
    execFileSync("mkfifo", [join(root, "pipe")]);
    for (const name of ["link", "pipe"])
      await expect(openOwned(root, name)).rejects.toMatchObject({ code: "data/not-owned" });
  });

  it.runIf(process.getuid?.() === 0)("is not read through a link in the path to it (as root)", async () => {
    const theirs = join(root, "theirs");
    mkdirSync(theirs);
    mkdirSync(join(root, "mine"));
    writeFileSync(join(root, "mine", "secret"), "secret");
    execFileSync("chown", ["nobody", theirs]);
    symlinkSync(join(root, "mine"), join(theirs, "pg_wal"));
    await expect(readOwned(theirs, "pg_wal/secret")).rejects.toMatchObject({
      code: "data/not-owned",
      message: expect.stringContaining("a file of another user"),
    });
  });
});

describe("removing a directory", () => {
  it("removes links themselves, and not what they lead to", async () => {
    mkdirSync(join(root, "kept"));
    writeFileSync(join(root, "kept", "file"), "");
    mkdirSync(join(root, "removed/inner"), { recursive: true });
    symlinkSync(join(root, "kept"), join(root, "removed/inner/link"));
    symlinkSync(join(root, "kept"), join(root, "link"));
    await removeTree(join(root, "removed"));
    await removeTree(join(root, "link"));
    await removeTree(join(root, "absent"));
    expect(existsSync(join(root, "removed"))).toBe(false);
    expect(existsSync(join(root, "link"))).toBe(false);
    expect(existsSync(join(root, "kept/file"))).toBe(true);
  });

  it.runIf(process.getuid?.() === 0)("of another user uses only that user's rights (as root)", async () => {
    const theirs = join(root, "theirs");
    mkdirSync(join(theirs, "protected"), { recursive: true });
    writeFileSync(join(theirs, "own"), "");
    writeFileSync(join(theirs, "protected/file"), "");
    execFileSync("chown", ["nobody", theirs, join(theirs, "own")]);
    // What the user cannot remove, root does not remove for the user.
    await expect(removeTree(theirs)).rejects.toThrow();
    expect(existsSync(join(theirs, "protected/file"))).toBe(true);
    execFileSync("chown", ["-R", "nobody", theirs]);
    await removeTree(theirs);
    expect(existsSync(theirs)).toBe(false);
  });
});

describe("a directory that other users can write to", () => {
  it("is refused with the command that corrects it; an empty one is made private", async () => {
    const data = join(root, "data");
    await requirePrivateDirectory(data);
    mkdirSync(data);
    chmodSync(data, 0o777);
    await requirePrivateDirectory(data);
    expect(statSync(data).mode & 0o777).toBe(0o755);
    writeFileSync(join(data, "file"), "");
    for (const [mode, who] of [
      [0o775, "its group"],
      [0o777, "every user"],
    ] as const) {
      chmodSync(data, mode);
      await expect(requirePrivateDirectory(data)).rejects.toMatchObject({
        code: "data/shared",
        message: `${who} can write to ${data}`,
        hint: `chmod go-w ${data}`,
      });
    }
    await expect(requireNotWorldWritable(data)).rejects.toMatchObject({ code: "data/shared" });
    chmodSync(data, 0o775);
    await requireNotWorldWritable(data);
  });

  it.runIf(process.getuid?.() === 0)("or that belongs to another user is refused (as root)", async () => {
    execFileSync("chown", ["nobody", root]);
    await expect(requirePrivateDirectory(root)).rejects.toMatchObject({
      code: "data/shared",
      message: expect.stringContaining("belongs to another user"),
    });
  });

  it("is not used below another one that every user can write to; a sticky one is accepted", async () => {
    const data = join(root, "shared/data");
    mkdirSync(data, { recursive: true });
    chmodSync(join(root, "shared"), 0o777);
    const refused = { code: "data/shared", message: `every user can write to ${join(root, "shared")}` };
    await expect(requirePrivateDirectory(data)).rejects.toMatchObject(refused);
    await expect(requirePrivateDirectory(join(data, "absent/below"))).rejects.toMatchObject(refused);
    symlinkSync(data, join(root, "link"));
    await expect(requirePrivateDirectory(join(root, "link"))).rejects.toMatchObject(refused);
    chmodSync(join(root, "shared"), 0o1777);
    await requirePrivateDirectory(data);
  });

  it.runIf(process.getuid?.() === 0)(
    "is not used below that of another user, who could replace it (as root)",
    async () => {
      const theirs = join(root, "theirs");
      mkdirSync(join(theirs, "data"), { recursive: true });
      symlinkSync(join(theirs, "data"), join(root, "link"));
      const link = join(theirs, "link");
      mkdirSync(join(root, "mine"));
      execFileSync("ln", ["-s", join(root, "mine"), link]);
      execFileSync("chown", ["nobody", theirs]);
      for (const path of [join(theirs, "data"), join(theirs, "data/absent"), join(root, "link"), link])
        await expect(requirePrivateDirectory(path)).rejects.toMatchObject({
          code: "data/shared",
          message: `${theirs} belongs to another user (uid 65534), who can replace ${path}`,
        });
      // A link in a directory that all users share, of another user.
      execFileSync("chown", ["-h", "nobody", join(root, "link")]);
      chmodSync(root, 0o1777);
      execFileSync("chown", ["root", theirs]);
      await expect(requirePrivateDirectory(join(root, "link"))).rejects.toMatchObject({ code: "data/shared" });
      await requirePrivateDirectory(join(theirs, "data"));
    },
  );
});
