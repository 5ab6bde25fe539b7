import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { drillResultSchema } from "../../src/contracts/drills.js";
import { callControl } from "../../src/local/control/client.js";
import { type Cleanups, chat, keelson, type Up, until, up } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const run = async (platform: Up, ...args: string[]) =>
  keelson(platform.cwd, [...args, "--data", platform.data], { timeout: 120_000 });

async function withBackup(): Promise<{ platform: Up; control: string }> {
  const platform = await up(cleanups);
  await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a valid backup");
  return { platform, control: String(platform.report["control"]) };
}

const restarts = async (platform: Up) => (await platform.status()).processes.map((process) => process.restarts);

describe("drills and restores of one platform", () => {
  test("while a drill runs, a restore and another drill are refused with its id and change nothing", async () => {
    const { platform, control } = await withBackup();
    const body = { fault: "process-crash", duration: "60s", rate: 2 };
    const { id } = await callControl(control, "/drills", drillResultSchema, { method: "POST", body });
    const before = await restarts(platform);

    for (const command of [
      ["restore", "latest", "--yes"],
      ["drill", "database-loss", "--running", "--yes"],
    ]) {
      const refused = await run(platform, ...command);
      expect(refused).toMatchObject({ code: 1, out: "" });
      expect(refused.err).toContain(`error drill/running drill ${id} is in progress`);
      expect(refused.err).toContain("hint: one at a time");
    }
    expect(await restarts(platform)).toEqual(before);
    expect(await callControl(control, `/drills/${id}`, drillResultSchema)).toMatchObject({ state: "running" });

    await callControl(control, `/drills/${id}/cancel`, z.unknown(), { method: "POST" });
    await callControl(control, `/drills/${id}/finished`, drillResultSchema);
    expect((await run(platform, "restore", "latest", "--yes")).code).toBe(0);
  }, 240_000);

  test("while a restore runs, a drill and another restore are refused", async () => {
    const { platform } = await withBackup();
    const restore = run(platform, "restore", "latest", "--yes", "--json");
    await until(async () => (await platform.status()).state !== "ready", 30_000, "the start of the restore");
    const refusals = await Promise.all([
      run(platform, "drill", "process-crash", "--running"),
      run(platform, "restore", "latest", "--yes"),
    ]);
    for (const refused of refusals) {
      expect(refused).toMatchObject({ code: 1, out: "" });
      expect(refused.err).toContain("error restore/running the restore of backup ");
    }
    expect((await restore).code).toBe(0);
    expect((await chat(platform)).status).toBe(200);
  }, 240_000);

  test("of two concurrent requests one drill starts, and an unknown drill does not block it", async () => {
    const { platform, control } = await withBackup();
    expect((await run(platform, "drill", "earthquake")).err).toContain("error drill/unknown");
    const other = await run(platform, "drill", "process-crash", "-e", "production");
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining("error usage -e requires --file") });
    const no = callControl(control, "/drills", drillResultSchema, { method: "POST", body: { fault: "constructor" } });
    await expect(no).rejects.toMatchObject({ code: "drill/unknown" });
    const body = { fault: "process-crash", duration: "60s", rate: 2 };
    const start = () => callControl(control, "/drills", drillResultSchema, { method: "POST", body });
    const started = await Promise.allSettled([start(), start()]);
    expect(started.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(started.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "drill/running" } });
  }, 120_000);
});
