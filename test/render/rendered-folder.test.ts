import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFolder, writeChanges, writeMissingSecrets } from "../../src/cli/deploy/rendered-folder.js";
import { type Change, decideChanges } from "../../src/render/changes.js";
import { withMarker } from "../../src/render/generated-marker.js";
import type { RenderedFile } from "../../src/render/target.js";

describe("reading the output folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keelson-rendered-"));
    mkdirSync(join(folder, "platform"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const large: RenderedFile = {
    path: "platform/config-map-plan.yaml",
    text: `data: ${"x".repeat(6 * 1024 * 1024)}\n`,
    comment: "#",
  };
  const decide = async (rendered: readonly RenderedFile[]) =>
    decideChanges(rendered, await readFolder(folder, rendered), false);

  it("finds a generated file of more than 4 MiB unchanged", async () => {
    writeFileSync(join(folder, large.path), withMarker(large));
    expect(await decide([large])).toEqual([{ kind: "keep", path: large.path }]);
  });

  it("refuses to overwrite or remove such a file after an edit", async () => {
    writeFileSync(join(folder, large.path), `${withMarker(large)}edited: true\n`);
    expect(await decide([large])).toMatchObject([{ kind: "refuse", path: large.path }]);
    expect(await decide([])).toMatchObject([{ kind: "refuse", path: large.path }]);
  });

  it("ignores files without a marker that it does not render", async () => {
    writeFileSync(join(folder, "notes.txt"), "mine\n");
    expect(await decide([])).toEqual([]);
  });
});

describe("a link in the output folder", () => {
  let folder: string;
  let outside: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keelson-rendered-"));
    outside = mkdtempSync(join(tmpdir(), "keelson-outside-"));
    writeFileSync(join(outside, "pg_hba.conf"), "mine\n");
  });
  afterEach(() => {
    for (const each of [folder, outside]) rmSync(each, { recursive: true, force: true });
  });
  const rendered: readonly RenderedFile[] = [{ path: "database/pg_hba.conf", text: "rendered\n", comment: "#" }];
  const create: readonly Change[] = [{ kind: "create", path: "database/pg_hba.conf", after: "rendered\n" }];

  it.each(["database", "database/pg_hba.conf"])("is not read as a rendered file or folder: %s", async (path) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(path === "database" ? outside : join(outside, "pg_hba.conf"), join(folder, path));
    await expect(readFolder(folder, rendered)).rejects.toMatchObject({ code: "render/unwritable" });
  });

  it("is not written through, even if it replaces the folder after it was read", async () => {
    await readFolder(folder, rendered);
    symlinkSync(outside, join(folder, "database"));
    await expect(writeChanges(folder, create)).rejects.toMatchObject({ code: "render/unwritable" });
    expect(readFileSync(join(outside, "pg_hba.conf"), "utf8")).toBe("mine\n");
    expect(readdirSync(outside)).toEqual(["pg_hba.conf"]);
  });

  it("of another name is left alone", async () => {
    symlinkSync(outside, join(folder, "notes"));
    expect(await readFolder(folder, rendered)).toEqual(new Map());
    await writeChanges(folder, create);
    expect(readFileSync(join(folder, "database/pg_hba.conf"), "utf8")).toBe("rendered\n");
  });
});

describe("writing secrets beside a Compose file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keelson-rendered-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const secrets = [{ name: "database", keys: { password: { kind: "random", bytes: 8 } as const } }];
  const write = () => writeMissingSecrets(folder, secrets, () => "value");

  it("closes a folder that was there before, and that others could enter", async () => {
    mkdirSync(join(folder, "secrets"));
    chmodSync(join(folder, "secrets"), 0o755);
    expect(await write()).toEqual(["secrets/database/password"]);
    expect(statSync(join(folder, "secrets")).mode & 0o777).toBe(0o700);
  });

  it.each(["secrets", "secrets/database"])("refuses a link, whose target may be another user's: %s", async (path) => {
    mkdirSync(join(folder, "elsewhere"));
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(folder, "elsewhere"), join(folder, path));
    await expect(write()).rejects.toMatchObject({ code: "render/unwritable" });
    expect(readdirSync(join(folder, "elsewhere"))).toEqual([]);
  });

  it("does not take the target of a link for the value of a secret", async () => {
    mkdirSync(join(folder, "secrets/database"), { recursive: true });
    writeFileSync(join(folder, "other"), "not a secret");
    symlinkSync(join(folder, "other"), join(folder, "secrets/database/password"));
    await expect(write()).rejects.toMatchObject({ code: "render/unreadable" });
  });

  it.skipIf(process.geteuid?.() !== 0)("refuses a folder of another user, also as root", async () => {
    mkdirSync(join(folder, "secrets/database"), { recursive: true });
    chownSync(join(folder, "secrets/database"), 65_534, 65_534);
    await expect(write()).rejects.toMatchObject({ code: "render/unwritable" });
  });
});
