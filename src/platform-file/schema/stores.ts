import { z } from "zod";
import { backups } from "./backups.js";
import { name, patch } from "./names.js";
import { objectives } from "./objectives.js";
import { byteRange, bytes, cpuRange, duration, version } from "./quantities.js";

export const provide = z
  .enum(["embedded", "in-cluster", "managed"])
  .describe("Who runs stores: `embedded` on this machine, `in-cluster` operators, `managed` by the cloud");

const common = {
  provide: provide.optional(),
  size: bytes.describe("Size of the data volume, e.g. 200Gi").optional(),
  cpu: cpuRange.describe("Request and limit of one server").optional(),
  memory: byteRange.describe("Request and limit of one server").optional(),
  nodes: name.describe("Node pool it runs on").optional(),
  port: z.int().min(1).max(65535).describe("Port it listens on").optional(),
  probe: z
    .strictObject({
      every: duration.describe("Between probes").optional(),
      failures: z.int().min(1).describe("Failures in a row that count").optional(),
    })
    .describe("How its loss is noticed")
    .optional(),
  backups: backups.describe("Copies and how long each is kept").optional(),
  objectives: objectives.describe("Objectives of this store alone").optional(),
  patch: patch.optional(),
};

const postgres = z
  .strictObject({
    postgres: version.describe("PostgreSQL, of this version"),
    extensions: z.array(z.string().min(1)).describe("Extensions to create, e.g. timescaledb, vector").optional(),
    replicas: z
      .int()
      .min(1)
      .describe("Servers in all, primary included; instead of `standby` and `readers`")
      .optional(),
    standby: z
      .enum(["none", "same-zone", "another-zone"])
      .describe("A server that takes over when the primary is lost")
      .optional(),
    readers: z.int().min(0).describe("Further servers that answer reads").optional(),
    synchronous: z.boolean().describe("A write is answered only once the standby has it").optional(),
    copy: z.string().min(1).describe("Region with a replica of it").optional(),
    ...common,
  })
  .meta({ id: "postgres" });

const redis = z
  .strictObject({
    redis: version.describe("Redis, of this version"),
    shards: z.int().min(1).describe("Shards that keys are spread over; 1 unless said").optional(),
    replicas: z.int().min(0).describe("Replicas of each shard, primary not counted").optional(),
    persistence: z.boolean().describe("Writes survive a restart (append-only file)").optional(),
    ...common,
  })
  .meta({ id: "redis" });

const rabbitmq = z
  .strictObject({
    rabbitmq: version.describe("RabbitMQ, of this version"),
    replicas: z.int().min(1).describe("Servers of the cluster; odd, so that a majority decides").optional(),
    queues: z.enum(["quorum", "stream", "classic"]).describe("Kind of queues; quorum unless said").optional(),
    deadLetter: z
      .boolean()
      .describe("What cannot be delivered goes to a dead-letter queue; true unless said")
      .optional(),
    ...common,
  })
  .meta({ id: "rabbitmq" });

const bucket = z
  .strictObject({
    bucket: z
      .union([
        z.literal(true),
        z.strictObject({
          versions: z.boolean().describe("Overwritten and deleted objects can be had back").optional(),
          lock: duration.describe("Nothing can be deleted before this").optional(),
          copy: z.string().min(1).describe("Region that objects are copied to").optional(),
        }),
      ])
      .describe("Objects by the S3 API: true, or versions, lock and copy"),
    ...common,
  })
  .meta({ id: "bucket" });

/** A store, told apart by its first word. */
export const store = z.union([postgres, redis, rabbitmq, bucket], {
  error: "which kind of store?",
});

export type StoreInput = z.output<typeof store>;
