import type { Cited, Source } from "../plan.js";
import { elastiCache } from "../providers/elasticache.js";
import { embeddedMemory } from "../providers/embedded-memory.js";
import { redisCluster } from "../providers/redis-cluster.js";
import { redisStatefulSet } from "../providers/redis-statefulset.js";
import { GiB, MiB } from "../sizes.js";
import { planStoreBase, redundancyOf, type StoreDefaults } from "./base.js";
import type { KeyChange, StoreDescriptor } from "./descriptor.js";

/** The vendor has announced no date for 8.4 and later (redis/docs, install/version-mgmt.md at 095cf30: TBD; endoflife.date: none). */
const SUPPORT: Source = { source: "endoflife.date/redis at a70eca3", read: "2026-11-30" };

const defaults: StoreDefaults = {
  title: "Redis",
  size: { bytes: 2 * GiB, why: "2Gi are enough for an append-only file several times the memory" },
  cpu: { min: 100, max: 1000 },
  memory: { min: 256 * MiB, max: 512 * MiB },
  port: () => 6379,
  secret: {
    directory: "cache",
    clientKeys: ["url"],
    values: (address) => ({
      password: { kind: "random", bytes: 24 },
      url: { kind: "text", text: `redis://:{password}@${address}` },
    }),
  },
  products: {
    embedded: embeddedMemory,
    inCluster: ({ sharded }) => (sharded ? redisCluster : redisStatefulSet),
    managed: { none: undefined, aws: elastiCache, linode: undefined },
  },
};

const APPEND_ONLY_FILE: Cited = {
  value: 1_000,
  source: "Redis append-only file with appendfsync everysec loses at most one second (redis.io: Persistence)",
};

/** `redis-cli --cluster create` refuses fewer primaries, because a majority of them elects a replacement. */
const MIN_PRIMARIES = 3;

function tooFewPrimaries(name: string, shards: number): KeyChange {
  return {
    why: `${name} is a Redis Cluster of ${shards} shards, which never forms: \`redis-cli --cluster create\` requires at least ${MIN_PRIMARIES} primaries (redis/redis#1047)`,
    advice: `run three shards (\`shards: ${MIN_PRIMARIES}\`), or one (\`shards: 1\`)`,
    key: "shards",
    value: MIN_PRIMARIES,
  };
}

function onlyDatabase0(name: string, databases: number): KeyChange {
  return {
    why: `${name} is a Redis Cluster, which has database 0 only and refuses SELECT (redis.io/docs: SELECT, read 2026-11-30), and clients are to select from ${databases}`,
    advice: "separate the keys of its callers by a prefix (`databases: 1`), or run one shard (`shards: 1`)",
    key: "databases",
    value: 1,
  };
}

/** Redis: shards, each with a primary and replicas. Its contents can be recreated. */
export const redis = {
  ...defaults,
  role: "cache",
  storesModuleData: false,
  local: { omitted: "keelson up runs no Redis, and its modules keep their counters in memory" },
  protocol: "tcp",
  backupMethod: "snapshot",
  endsOfLife: {
    "6.0": { date: "2022-05-31", ...SUPPORT },
    "6.2": { date: "2027-04-01", ...SUPPORT },
    "7.0": { date: "2024-07-29", ...SUPPORT },
    "7.2": { date: "2029-12-01", ...SUPPORT },
    "7.4": { date: "2029-12-01", ...SUPPORT },
    "8.0": { date: "2026-12-01", ...SUPPORT },
    "8.2": { date: "2030-09-01", ...SUPPORT },
  },
  images: ({ version }) => ({ server: { product: "redis", version }, operator: undefined }),
  plan(context, scope, name, input) {
    const redundant = redundancyOf(context, input);
    const replicas = scope.pick(
      "replicas",
      input.replicas,
      redundant ? 1 : 0,
      redundant?.why ?? "the contents of a cache can be recreated",
    );
    const shards = scope.pick("shards", input.shards, 1, "one shard serves 100,000 operations per second");
    return {
      ...planStoreBase(context, scope, name, defaults, input, { standby: replicas > 0, sharded: shards > 1 }),
      kind: "redis",
      version: input.redis,
      shards,
      replicas,
      persistence: scope.pick("persistence", input.persistence, false, "the contents of a cache can be recreated"),
      databases: input.databases,
    };
  },
  traits: ({ name, version, shards, replicas, persistence, databases = 1, port, provider }) => {
    const servers = shards * (1 + replicas);
    const cluster = shards > 1;
    return {
      summary: `redis ${version}${replicas > 0 ? `, ${shards}×${replicas + 1} servers` : ""}`,
      servers,
      copies: 1 + replicas,
      copiesKey: "replicas",
      hasPrimary: !cluster,
      // The servers of a Redis Cluster connect to each other on a bus, 10 000 ports above.
      memberPorts: servers > 1 ? (cluster ? [port, port + 10_000] : [port]) : [],
      dropsMessages: undefined,
      ignored:
        persistence && provider.kind === "managed"
          ? [
              {
                key: "persistence",
                why: `${provider.product} has no append-only file (ElastiCache User Guide: not supported from Redis 2.8.22 on)`,
                advice: "run the store in the cluster (`provide: in-cluster`)",
              },
            ]
          : [],
      redelivery: undefined,
      spreadsOverZones: true,
      needs:
        cluster && provider.kind === "in-cluster"
          ? {
              kind: "shards",
              shards,
              copies: 1 + replicas,
              why: "each shard needs a server, and a majority of the primaries elects a replacement (redis.io: Redis Cluster specification)",
            }
          : { kind: "count", count: 1, why: "one server of each shard has all its data" },
      neverServes:
        cluster && provider.kind === "in-cluster" && shards < MIN_PRIMARIES
          ? tooFewPrimaries(name, shards)
          : cluster && databases > 1
            ? onlyDatabase0(name, databases)
            : undefined,
      // A Redis Cluster in Kubernetes is not aware of zones: one may hold all copies of a shard, or most primaries.
      minZones: provider.kind === "managed" ? 2 : undefined,
      zoneFix: undefined,
      withoutReplica: { kind: "replace" },
      restartLoss:
        persistence && provider.kind !== "managed"
          ? { kind: "cited", label: "append-only file", loss: APPEND_ONLY_FILE }
          : provider.kind === "managed"
            ? { kind: "all" }
            : {
                kind: "all",
                unless: {
                  why: `${name} has its contents in memory alone`,
                  advice: "write an append-only file (`persistence: true`), of which a crash loses a second",
                  key: "persistence",
                  value: true,
                  loss: APPEND_ONLY_FILE,
                },
              },
      failoverLoss: {
        kind: "unbounded",
        why: `nothing bounds how far a replica of ${name} lags: Redis replicates asynchronously, and min-replicas-to-write is 0 by default, which disables min-replicas-max-lag (redis.conf)`,
        advice: "keep writes that must not be lost in a database, and set no RPO for the cache",
        key: "objectives.rpo",
        value: "none",
      },
    };
  },
} satisfies StoreDescriptor<"redis">;
