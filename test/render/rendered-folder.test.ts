import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFolder, writeMissingSecrets } from "../../src/cli/deploy/rendered-folder.js";
import { decideChanges } from "../../src/render/changes.js";
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

  it("refuses a link, whose target may be another user's", async () => {
    mkdirSync(join(folder, "elsewhere"));
    symlinkSync(join(folder, "elsewhere"), join(folder, "secrets"));
    await expect(write()).rejects.toMatchObject({ code: "render/unwritable" });
    expect(readdirSync(join(folder, "elsewhere"))).toEqual([]);
  });
});
