import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { newDrill } from "../../src/recovery/drills/record.js";
import { drillStore } from "../../src/recovery/drills/store.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-drill-store-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const drill = () =>
  newDrill({
    fault: { id: "process-crash", title: "Each process is killed" },
    plan: { platform: "shop", environment: "local" },
    model: "assistant",
    steadyMs: 1000,
    ratePerSecond: 5,
    version: "0.1.0",
  });

it("lists readable results, and unreadable ones with the reason", async () => {
  const store = drillStore(directory);
  const result = { ...drill(), state: "finished", finishedAt: 5 } as const;
  await store.write(result);
  for (const [id, text] of [
    ["broken-json", "{"],
    ["other-shape", "{}"],
  ] as const) {
    await mkdir(join(directory, id));
    await writeFile(join(directory, id, "result.json"), text);
  }
  // A result that the file system cannot read, not an absent one.
  await mkdir(join(directory, "not-a-file", "result.json"), { recursive: true });
  // Of a drill that has not ended: there is no result yet.
  await mkdir(join(directory, "running"));

  const { drills, unreadable } = await store.list();
  expect(drills).toEqual([result]);
  expect(unreadable.map(({ id }) => id).sort()).toEqual(["broken-json", "not-a-file", "other-shape"]);
  await expect(store.read("broken-json")).rejects.toMatchObject({
    code: "drill/unreadable",
    hint: expect.stringContaining("run the drill again"),
  });
  await expect(store.read("running")).rejects.toMatchObject({ code: "drill/unknown" });
});

it("has no drills if its directory does not exist", async () => {
  expect(await drillStore(join(directory, "none")).list()).toEqual({ drills: [], unreadable: [] });
});
