import { spawn } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { singleServer } from "../../src/render/stores/index.js";
import { planOf } from "../support/check/findings.js";
import { until } from "../support/local/keelson.js";
import { temporaryDirectory } from "../support/recovery/source.js";
import { describeWith } from "../support/requirements.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const KEYS = { accessKeyId: "test-access", secretAccessKey: "test-secret" };

/** The rendered command of the bucket `files`, with another directory, port and program. */
async function startIn(data: string, versitygw: string): Promise<{ readonly client: S3Client; stop(): Promise<void> }> {
  const port = await freePort();
  const [bucket] = planOf(
    "platform: shop\ncloud: aws\nstores: { files: { bucket: true, provide: in-cluster } }",
  ).stores;
  if (!bucket) throw new Error("no bucket");
  const script = singleServer(bucket).command.at(-1) ?? "";
  const here = script
    .replaceAll("/data", data)
    .replace(/export ROOT_ACCESS_KEY.*/, "export ROOT_ACCESS_KEY=test-access ROOT_SECRET_KEY=test-secret")
    .replace("exec versitygw --port :9000", `exec ${versitygw} --port 127.0.0.1:${port}`);
  const server = spawn("sh", ["-c", here], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  cleanups.push(() => void server.kill("SIGKILL"));
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: KEYS,
  });
  const answers = () =>
    client.send(new ListBucketsCommand()).then(
      () => true,
      () => false,
    );
  await until(answers, 20_000, "the bucket");
  return {
    client,
    stop: async () => {
      server.kill("SIGTERM");
      await ended;
    },
  };
}

describeWith(["versitygw"], "a copy of the files of a bucket", ({ versitygw }) => {
  test("has the metadata of its objects, although it has no extended attributes", async () => {
    const root = temporaryDirectory(cleanups);
    const data = join(root, "data");
    mkdirSync(data);
    const first = await startIn(data, versitygw);
    const object = { Bucket: "files", Key: "folder/one" };
    await first.client.send(
      new PutObjectCommand({ ...object, Body: "hello", ContentType: "text/x-own", Metadata: { colour: "blue" } }),
    );
    await first.stop();

    // As Velero's copy: Node copies content and modes, and no extended attributes.
    const copy = join(root, "copy");
    cpSync(data, copy, { recursive: true });
    const second = await startIn(copy, versitygw);
    const read = await second.client.send(new GetObjectCommand(object));
    expect(await read.Body?.transformToString()).toBe("hello");
    expect(read).toMatchObject({ ContentType: "text/x-own", Metadata: { colour: "blue" } });
    await second.stop();
  }, 60_000);
});
