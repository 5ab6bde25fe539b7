import type { Bucket } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import { serverImage } from "./images.js";
import type { StoreRenderer, StoreServer } from "./server.js";

/**
 * An S3 API on one volume: each of its folders is a bucket, and the bucket with the name of the store is created at startup.
 * The process reads its keys from files; other users of a machine can see arguments. On a new volume the metadata of objects are files
 * too: a backup of the files has no extended attributes (kopia/kopia#544, read 2026-11-30). A volume from before keeps its attributes.
 */
function bucketServer(bucket: Bucket): StoreServer {
  const { secret } = bucket;
  return {
    image: serverImage(bucket),
    command: ["sh", "-c", start(bucket, `${SECRETS_DIRECTORY}/${secret.directory}`)],
    environment: {},
    files: {},
    secret,
    data: "/data",
    scratch: ["/tmp"],
    sharedMemory: undefined,
    probe: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${bucket.port}/health`],
    stopSeconds: 30,
    metricsPort: undefined,
    startsInParallel: false,
    prepare: undefined,
    fullName: undefined,
    beforeStop: undefined,
  };
}

function start(bucket: Bucket, secrets: string): string {
  const versioning = bucket.versions ? " --versioning-dir /data/versions" : "";
  return [
    "set -eu",
    "[ -d /data/buckets ] || mkdir -p /data/metadata",
    `mkdir -p /data/buckets/${bucket.name} /data/versions`,
    'metadata=""; [ ! -d /data/metadata ] || metadata="--sidecar /data/metadata"',
    `export ROOT_ACCESS_KEY="$(cat ${secrets}/access-key)" ROOT_SECRET_KEY="$(cat ${secrets}/secret-key)"`,
    `exec versitygw --port :${bucket.port} --health /health posix $metadata${versioning} /data/buckets`,
  ].join("\n");
}

export const bucketRenderer: StoreRenderer<"bucket"> = { server: bucketServer };
