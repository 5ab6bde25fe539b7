import { readdirSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { chat, keelson, until, up, workDirectory } from "../support/local/keelson.js";
import { startBucket } from "../support/recovery/bucket.js";
import { describeWith } from "../support/requirements.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describeWith(["versitygw"], "a platform whose bucket is unavailable", ({ versitygw }) => {
  test("keeps serving, also after a restart of its database, and reports what is not backed up", async () => {
    const bucket = await startBucket(versitygw, cleanups);
    const platform = await up(cleanups, { args: ["--backups", bucket.place], env: bucket.env });
    await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a valid backup");
    const { processes } = await platform.status();
    bucket.freeze();

    const requestedAt = performance.now();
    const status = await platform.status();
    expect(performance.now() - requestedAt).toBeLessThan(9_000);
    expect(status).toMatchObject({ state: "degraded", backups: { place: bucket.place } });
    expect(status.backups.count).toBeUndefined();

    process.kill(processes.find(({ name }) => name === "postgres")?.pid ?? 0, "SIGKILL");
    await platform.prints(/! postgres exited: killed by SIGKILL/);
    const restarted = async () => (await platform.status()).processes.every(({ phase }) => phase === "running");
    await until(restarted, 30_000, "the restart of the database");
    expect((await chat(platform)).status).toBe(200);

    bucket.thaw();
    await until(
      async () => (await platform.status()).backups.count !== undefined,
      60_000,
      "the bucket to be available",
    );
  }, 240_000);

  test("is rejected at the first start, because the location may be mistyped", async () => {
    const cwd = workDirectory(cleanups);
    const place = "s3://backups/starter?endpoint=http://127.0.0.1:9";
    const args = ["up", "--backups", place, "--data", "data", "--port", String(await freePort())];
    const refused = await keelson(cwd, args, {
      env: { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" },
    });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("error backup/bucket s3://backups/starter is unavailable");
    expect(refused.err).not.toContain("Warning");
    expect(readdirSync(cwd)).toEqual([]);
  }, 60_000);
});
