import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { CreateMultipartUploadCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findBackup, readCatalogue } from "../../src/recovery/backup/catalogue.js";
import { openRepository } from "../../src/recovery/repository/open.js";
import { collect, type Repository, single } from "../../src/recovery/repository/repository.js";
import { openBucket } from "../../src/recovery/repository/s3.js";
import { verifyBackup } from "../../src/recovery/restore/verify.js";
import { startBucket } from "../support/recovery/bucket.js";
import { startSource, temporaryDirectory } from "../support/recovery/source.js";
import { describeWith } from "../support/requirements.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test("a bucket that accepts connections and never responds is an error after a timeout", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  cleanups.push(() => void silent.close());
  await once(silent, "listening");
  const address = silent.address();
  const port = typeof address === "object" ? address?.port : undefined;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test-access", AWS_SECRET_ACCESS_KEY: "secret" });
  const repository = openBucket(`s3://backups?endpoint=http://127.0.0.1:${port}`, {
    connectionTimeout: 1000,
    socketTimeout: 300,
  });
  await expect(repository.put("a", single(Buffer.from("a")))).rejects.toMatchObject({
    code: "backup/bucket",
    message: expect.stringContaining("timed out"),
  });
}, 30_000);

describeWith(["versitygw"], "a bucket as the location of backups", ({ versitygw }) => {
  let place = "";
  let repository: Repository;

  beforeEach(async () => {
    place = (await startBucket(versitygw, cleanups)).place;
    repository = await openRepository(place);
  });

  test("lists and removes the upload of a platform that was killed, which no listing of objects shows", async () => {
    const url = new URL(place);
    const prefix = url.pathname.slice(1);
    const client = new S3Client({
      region: "us-east-1",
      endpoint: url.searchParams.get("endpoint") ?? "",
      forcePathStyle: true,
    });
    cleanups.push(() => client.destroy());
    const Key = `${prefix === "" ? "" : `${prefix}/`}1/backups/A/base.tar.gz.age`;
    await client.send(new CreateMultipartUploadCommand({ Bucket: url.hostname, Key }));
    expect(await repository.list("1/")).toEqual([]);
    const [partial, ...others] = await repository.partials("1/");
    expect(others).toEqual([]);
    expect(partial?.name).toBe("1/backups/A/base.tar.gz.age");
    expect(Math.abs((partial?.modified ?? 0) - Date.now())).toBeLessThan(60_000);
    await partial?.remove();
    expect(await repository.partials("")).toEqual([]);
  });

  test("stores, lists, reads and removes small and large objects", async () => {
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
    expect(await repository.folders()).toEqual(["a", "b"]);
    await expect(collect(repository.get("a/none"))).rejects.toMatchObject({ code: "backup/missing" });
    await repository.remove("a/small");
    await repository.remove("a/small");
    expect(await repository.list("a/s")).toEqual([]);
  });

  test("leaves no incomplete object after a cancelled upload", async () => {
    async function* broken() {
      yield randomBytes(20 * 1024 * 1024);
      throw new Error("the disk could not be read");
    }
    await expect(repository.put("half", broken())).rejects.toThrow("could not be read");
    expect(await repository.list("")).toEqual([]);
  });

  test("reports the bucket and the reason for wrong credentials", async () => {
    process.env["AWS_SECRET_ACCESS_KEY"] = "wrong";
    const other = await openRepository(place);
    await expect(other.list("")).rejects.toMatchObject({ code: "backup/bucket" });
  });

  test("contains a backup and its log, from which the database is restored and compared", async () => {
    const source = await startSource(cleanups, { repository });
    await source.query("CREATE TABLE ledger AS SELECT n AS id FROM generate_series(1, 100) n");
    await source.backup();
    const backup = findBackup(await readCatalogue(repository, source.codec), "latest");
    const scratch = temporaryDirectory(cleanups);
    const found = await verifyBackup(repository, source.codec, backup, { scratch, now: Date.now });
    expect(found).toMatchObject({ valid: true, rows: 100 });
    expect((await readCatalogue(repository, source.codec)).backups).toHaveLength(1);
  });
});
