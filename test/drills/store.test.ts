import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
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
    planDigest: "0".repeat(64),
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
  const { series: _series, writes: _writes, events: _events, ...listed } = result;
  expect(drills).toEqual([listed]);
  expect(unreadable.map(({ id }) => id).sort()).toEqual(["broken-json", "not-a-file", "other-shape"]);
  await expect(store.read("broken-json")).rejects.toMatchObject({
    code: "drill/unreadable",
    hint: expect.stringContaining("run the drill again"),
  });
  await expect(store.read("running")).rejects.toMatchObject({ code: "drill/unknown" });
});

it("reads a result for the list only when its file has changed", async () => {
  const store = drillStore(directory);
  const result = { ...drill(), state: "finished", finishedAt: 5 } as const;
  await store.write(result);
  const path = join(directory, result.id, "result.json");
  const at = new Date(1_700_000_000_000);
  await utimes(path, at, at);
  await store.list();
  // The same file, size and time, with other content: the list does not see it.
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("Each process is killed", "Some process is killed"));
  await utimes(path, at, at);
  expect((await store.list()).drills[0]?.title).toBe("Each process is killed");
  await utimes(path, at, new Date(at.getTime() + 1000));
  expect((await store.list()).drills[0]?.title).toBe("Some process is killed");
  await rm(join(directory, result.id), { recursive: true });
  expect((await store.list()).drills).toEqual([]);
});

it("has no drills if its directory does not exist", async () => {
  expect(await drillStore(join(directory, "none")).list()).toEqual({ drills: [], unreadable: [] });
});
