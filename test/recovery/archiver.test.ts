import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Cleanups, until, up } from "../support/local/keelson.js";
import { startSource } from "../support/recovery/source.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Replaces a directory; the returned function restores it. */
function replaceDirectory(directory: string, instead: "a file" | "nothing"): () => void {
  renameSync(directory, `${directory}.moved`);
  if (instead === "a file") writeFileSync(directory, "");
  return () => {
    rmSync(directory, { force: true });
    renameSync(`${directory}.moved`, directory);
  };
}

describe("archive requests that cannot be read", () => {
  test.each([
    { instead: "a file", code: "ENOTDIR" },
    { instead: "nothing", code: "ENOENT" },
  ] as const)("are a failure while $instead is in place of the directory, and only as long", async (given) => {
    const source = await startSource(cleanups);
    const { archiver, cluster } = source;
    expect(archiver.state().failing).toBeUndefined();
    const restore = replaceDirectory(cluster.run, given.instead);
    await until(() => archiver.state().failing !== undefined, 5_000, "a failure");
    const first = archiver.state().failing;
    expect(first).toMatchObject({ name: cluster.run, reason: expect.stringContaining(given.code) });
    // Further polls find the same failure and keep the time of the first one.
    let reads = 0;
    await until(
      () => {
        reads += 1;
        expect(archiver.state().failing).toEqual(first);
        return reads > 20;
      },
      10_000,
      "further polls",
    );
    restore();
    await until(() => archiver.state().failing === undefined, 5_000, "the end of the failure");
    await source.query("CREATE TABLE ledger AS SELECT n FROM generate_series(1, 10) n");
    await source.shipLog();
    expect(archiver.state()).toMatchObject({ failing: undefined, last: { name: expect.any(String) } });
  });

  test("are reported by a running platform, which keeps running", async () => {
    const platform = await up(cleanups);
    const restore = replaceDirectory(join(platform.data, "postgres/run"), "a file");
    // The directory may be read between the two steps of its replacement.
    await platform.prints(/! the log is not archived: (ENOTDIR|ENOENT)/, 10_000);
    const status = await platform.status();
    restore();
    expect(status.archive?.failing?.reason).toMatch(/ENOTDIR|ENOENT/);
    await platform.prints(/the log is archived again/, 10_000);
    await until(async () => (await platform.status()).state === "ready", 60_000, "ready again");
    expect(await platform.stop()).toBe(0);
  }, 120_000);
});
