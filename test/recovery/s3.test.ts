import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../../src/postgres/server.js";
import { readCatalogue } from "../../src/recovery/backup/catalogue.js";
import { openRepository } from "../../src/recovery/repository/open.js";
import { collect, type Repository, single } from "../../src/recovery/repository/repository.js";
import { verifyBackup } from "../../src/recovery/restore/verify.js";
import { describeWith } from "../requirements.js";
import { startSource, temporaryDirectory } from "./source.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describeWith(["versitygw"], "a bucket as the place for backups", ({ versitygw }) => {
  let place = "";
  let repository: Repository;

  beforeEach(async () => {
    const root = temporaryDirectory(cleanups);
    mkdirSync(join(root, "backups"));
    const port = await freePort();
    const keys = { AWS_ACCESS_KEY_ID: "test-access", AWS_SECRET_ACCESS_KEY: randomBytes(12).toString("hex") };
    const gateway = spawn(
      versitygw,
      [
        "--access",
        keys.AWS_ACCESS_KEY_ID,
        "--secret",
        keys.AWS_SECRET_ACCESS_KEY,
        "--port",
        `127.0.0.1:${port}`,
        "posix",
        root,
      ],
      { stdio: "ignore" },
    );
    cleanups.push(() => void gateway.kill("SIGKILL"));
    Object.assign(process.env, keys);
    place = `s3://backups/starter?endpoint=http://127.0.0.1:${port}&region=us-east-1`;
    repository = await openRepository(place);
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50))
      if (
        await repository.list("").then(
          () => true,
          () => false,
        )
      )
        return;
    throw new Error("the S3 server did not answer");
  });

  test("keeps small and large objects, lists, gives them back, and removes them", async () => {
    // Larger than two parts of a multipart upload.
    const large = randomBytes(40 * 1024 * 1024);
    const written = await repository.put("a/large", single(large));
    await repository.put("a/small", single(Buffer.from("small")));
    await repository.put("b/empty", single(Buffer.alloc(0)));
    expect(written.bytes).toBe(large.length);
    expect((await repository.list("a/")).map(({ name, bytes }) => [name, bytes])).toEqual([
      ["a/large", large.length],
      ["a/small", 5],
    ]);
    expect((await collect(repository.get("a/large"))).equals(large)).toBe(true);
    await expect(collect(repository.get("a/none"))).rejects.toMatchObject({ code: "backup/missing" });
    await repository.remove("a/small");
    await repository.remove("a/small");
    expect(await repository.list("a/s")).toEqual([]);
  });

  test("leaves nothing half-written behind when an upload is broken off", async () => {
    async function* broken() {
      yield randomBytes(20 * 1024 * 1024);
      throw new Error("the disk could not be read");
    }
    await expect(repository.put("half", broken())).rejects.toThrow("could not be read");
    expect(await repository.list("")).toEqual([]);
  });

  test("says which bucket does not answer, and why, for wrong credentials", async () => {
    process.env["AWS_SECRET_ACCESS_KEY"] = "wrong";
    const other = await openRepository(place);
    await expect(other.list("")).rejects.toMatchObject({ code: "backup/bucket" });
  });

  test("holds a backup with its log from which the database is restored and compared", async () => {
    const source = await startSource(cleanups, { repository });
    await source.query("CREATE TABLE ledger AS SELECT n AS id FROM generate_series(1, 100) n");
    const manifest = await source.backup();
    const scratch = temporaryDirectory(cleanups);
    const found = await verifyBackup(repository, source.seal, manifest, { scratch, now: Date.now });
    expect(found).toMatchObject({ valid: true, rows: 100 });
    expect((await readCatalogue(repository)).backups).toHaveLength(1);
  });
});
