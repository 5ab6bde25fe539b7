import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Cleanups, until, up } from "../support/local/keelson.js";
import { startSource } from "../support/recovery/source.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Takes a directory away from whoever uses it; what is returned puts it back. */
function takeAway(directory: string, instead: "a file" | "nothing"): () => void {
  renameSync(directory, `${directory}.away`);
  if (instead === "a file") writeFileSync(directory, "");
  return () => {
    rmSync(directory, { force: true });
    renameSync(`${directory}.away`, directory);
  };
}

describe("requests for archiving that cannot be read", () => {
  test.each([
    { instead: "a file", code: "ENOTDIR" },
    { instead: "nothing", code: "ENOENT" },
  ] as const)("are a failure while there is $instead in the directory's place, and end with it", async (given) => {
    const source = await startSource(cleanups);
    const { archiver, cluster } = source;
    expect(archiver.state().failing).toBeUndefined();
    const putBack = takeAway(cluster.run, given.instead);
    await until(() => archiver.state().failing !== undefined, 5_000, "a failure");
    const first = archiver.state().failing;
    expect(first).toMatchObject({ name: cluster.run, reason: expect.stringContaining(given.code) });
    // Looked at again and again: the failure goes on, and is as old as it is.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(archiver.state().failing).toEqual(first);
    putBack();
    await until(() => archiver.state().failing === undefined, 5_000, "the end of the failure");
    await source.query("CREATE TABLE ledger AS SELECT n FROM generate_series(1, 10) n");
    await source.shipLog();
    expect(archiver.state()).toMatchObject({ failing: undefined, last: { name: expect.any(String) } });
  });

  test("are told by a running platform, which goes on", async () => {
    const platform = await up(cleanups);
    const putBack = takeAway(join(platform.data, "postgres/run"), "a file");
    // Another process may look between the going of the directory and the coming of the file.
    await platform.says(/! the log is not archived: (ENOTDIR|ENOENT)/, 10_000);
    const status = await platform.status();
    putBack();
    expect(status.archive?.failing?.reason).toMatch(/ENOTDIR|ENOENT/);
    await platform.says(/the log is archived again/, 10_000);
    await until(async () => (await platform.status()).state === "ready", 60_000, "ready again");
    expect(await platform.stop()).toBe(0);
  }, 120_000);
});
