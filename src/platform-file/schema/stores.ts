import { z } from "zod";
import { MAX_COUNT } from "../format.js";
import { backups } from "./backups.js";
import { name, patch } from "./names.js";
import { objectives } from "./objectives.js";
import { byteRange, bytes, cpuRange, duration, version } from "./quantities.js";
import { nodeLabelValue, objectName } from "./syntax.js";

export const provide = z
  .enum(["embedded", "in-cluster", "managed"])
  .describe("Provider of the stores: `embedded` on this machine, `in-cluster` by operators, `managed` by the cloud");

const common = {
  provide: provide.optional(),
  size: bytes.describe("Size of the data volume, e.g. 200Gi").optional(),
  storageClass: objectName.describe("Storage class of its volumes; default: the one of the cluster").optional(),
  cpu: cpuRange.describe("Request and limit of one server").optional(),
  memory: byteRange.describe("Request and limit of one server").optional(),
  nodes: name.describe("Node pool").optional(),
  port: z.int().min(1).max(65535).describe("Port").optional(),
  probe: z
    .strictObject({
      every: duration.describe("Interval of the probes").optional(),
      failures: z.int().min(1).describe("Consecutive failures that count as a loss").optional(),
    })
    .describe("Probe that detects the loss of this store")
    .optional(),
  backups: backups.describe("Backups and their retention").optional(),
  encrypted: z.boolean().describe("Encryption at rest, by the provider or the storage of the cluster").optional(),
  objectives: objectives.describe("Objectives of this store alone").optional(),
  patch: patch.optional(),
};

/** A store with servers, unlike a bucket. */
const servers = {
  ...common,
  machine: nodeLabelValue.describe("Machine type of the servers of a managed store, e.g. db.r6g.xlarge").optional(),
};

const postgres = z
  .strictObject({
    postgres: version.describe("PostgreSQL of this version"),
    extensions: z
      .array(
        z.string().regex(/^[a-z_][a-z0-9_-]{0,62}$/, {
          error: "an extension is lower-case letters, digits, dashes and underscores",
        }),
      )
      .describe("Extensions to create, e.g. timescaledb, vector")
      .optional(),
    replicas: z
      .int()
      .min(1)
      .max(MAX_COUNT)
      .describe("Number of servers including the primary; instead of `standby` and `readers`")
      .optional(),
    standby: z
      .enum(["none", "same-zone", "another-zone"])
      .describe("Standby server that is promoted when the primary is lost")
      .optional(),
    readers: z.int().min(0).max(MAX_COUNT).describe("Number of read replicas").optional(),
    synchronous: z.boolean().describe("Synchronous replication: a commit waits for the standby").optional(),
    copy: nodeLabelValue.describe("Region with a replica").optional(),
    ...servers,
  })
  .meta({ id: "postgres" });

/** Redis Cluster is made for up to 1,000 servers (redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec). */
const MAX_SHARDS = 1000;
const MAX_REPLICAS = 100;
/** Each database has tables of its own in memory, and redis.conf has 16 by default. */
const MAX_DATABASES = 1000;

const redis = z
  .strictObject({
    redis: version.describe("Redis of this version"),
    shards: z.int().min(1).max(MAX_SHARDS).describe("Number of shards; default 1").optional(),
    replicas: z.int().min(0).max(MAX_REPLICAS).describe("Replicas of each shard, without the primary").optional(),
    persistence: z.boolean().describe("Append-only file: writes survive a restart").optional(),
    databases: z
      .int()
      .min(1)
      .max(MAX_DATABASES)
      .describe("Number of databases that clients select from, e.g. one for each service; default: the server's, 16")
      .optional(),
    ...servers,
  })
  .meta({ id: "redis" });

const rabbitmq = z
  .strictObject({
    rabbitmq: version.describe("RabbitMQ of this version"),
    replicas: z.int().min(1).max(MAX_COUNT).describe("Number of servers; odd, for a quorum").optional(),
    queues: z.enum(["quorum", "stream", "classic"]).describe("Queue type; default quorum").optional(),
    deadLetter: z.boolean().describe("Route undeliverable messages to a dead-letter queue; default true").optional(),
    ...servers,
  })
  .meta({ id: "rabbitmq" });

const bucket = z
  .strictObject({
    bucket: z
      .union([
        z.literal(true),
        z.strictObject({
          versions: z.boolean().describe("Versioning: keep overwritten and deleted objects").optional(),
          lock: duration.describe("Object lock: minimum time before an object can be deleted").optional(),
          copy: nodeLabelValue.describe("Region that objects are replicated to").optional(),
        }),
      ])
      .describe("Bucket with the S3 API: true, or versions, lock and copy"),
    ...common,
  })
  .meta({ id: "bucket" });

/** The shape of every kind of store, with an example that selects it. */
const SHAPES = { postgres, redis, rabbitmq, bucket };
const EXAMPLES: Readonly<Record<keyof typeof SHAPES, string>> = {
  postgres: "postgres: 17",
  redis: "redis: 7",
  rabbitmq: "rabbitmq: 4.0",
  bucket: "bucket: true",
};

const WHICH_KIND = "which kind of store?";

/** A store: the key that names its kind selects the shape. */
export const store = z.union(Object.values(SHAPES), { error: WHICH_KIND });

/** The parsed shape of each kind. */
export type StoreInputs = { readonly [Kind in keyof typeof SHAPES]: z.output<(typeof SHAPES)[Kind]> };
export type StoreInput = StoreInputs[keyof StoreInputs];

/** A parsed store with its kind. */
export type StoreEntry<Kind extends keyof StoreInputs = keyof StoreInputs> = {
  readonly [Each in Kind]: { readonly kind: Each; readonly input: StoreInputs[Each] };
}[Kind];

/** The kind of a parsed store, by the key that selects it. */
export function storeEntry(input: StoreInput): StoreEntry {
  if ("postgres" in input) return { kind: "postgres", input };
  if ("redis" in input) return { kind: "redis", input };
  if ("rabbitmq" in input) return { kind: "rabbitmq", input };
  return { kind: "bucket", input };
}

/** Whether a store can receive backups. */
export function isBucketInput(input: StoreInput): boolean {
  return "bucket" in input;
}

/** A hint with the syntax of each kind, for a store without a kind; undefined for any other message. */
export function storeKindHint(message: string): string | undefined {
  if (message !== WHICH_KIND) return undefined;
  const examples = Object.values(EXAMPLES).map((example) => `\`${example}\``);
  return `set it first: ${examples.slice(0, -1).join(", ")} or ${examples.at(-1)}`;
}
