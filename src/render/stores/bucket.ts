import type { Bucket } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import type { StoreRenderer, StoreServer } from "./server.js";

/** versitygw's own image, which knows no root and needs none. */
const image = { reference: "ghcr.io/versity/versitygw:v1.8.0", user: 1001 } as const;

/**
 * The S3 API over one volume: each folder of it is a bucket, and the one of the store's own name is made at the start.
 * The owner's keys reach the process by files, never by arguments.
 */
function bucketServer(bucket: Bucket): StoreServer {
  const { secret } = bucket;
  return {
    image,
    command: ["sh", "-c", start(bucket, `${SECRETS_DIRECTORY}/${secret.directory}`)],
    environment: {},
    files: {},
    secret,
    data: "/data",
    scratch: ["/tmp"],
    probe: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${bucket.port}/health`],
    stopSeconds: 30,
    startsInParallel: false,
    prepare: undefined,
    fullName: undefined,
  };
}

function start(bucket: Bucket, secrets: string): string {
  const versioning = bucket.versions ? " --versioning-dir /data/versions" : "";
  return [
    "set -eu",
    `mkdir -p /data/buckets/${bucket.name} /data/versions`,
    `export ROOT_ACCESS_KEY="$(cat ${secrets}/access-key)" ROOT_SECRET_KEY="$(cat ${secrets}/secret-key)"`,
    `exec versitygw --port :${bucket.port} --health /health posix${versioning} /data/buckets`,
  ].join("\n");
}

export const bucketRenderer: StoreRenderer<"bucket"> = { server: bucketServer };
