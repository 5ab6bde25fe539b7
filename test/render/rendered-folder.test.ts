import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFolder } from "../../src/cli/rendered-folder.js";
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
