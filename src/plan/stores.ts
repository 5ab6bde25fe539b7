import { formatBytes, formatCpu } from "../platform-file/format.js";
import { many } from "../platform-file/references.js";
import type { StoreInput } from "../platform-file/schema/stores.js";
import { planBackups } from "./backups.js";
import type { PlanContext } from "./context.js";
import { planPool } from "./nodes.js";
import { elementObjectives } from "./objectives.js";
import type { Scope } from "./origin.js";
import { planPatches } from "./patches.js";
import type { Broker, Bucket, Cache, Database, Resources, Store, StoreBase } from "./plan.js";
import { productFor, type Shape } from "./providers/index.js";
import { provider } from "./providers/product.js";

const GiB = 2 ** 30;
const MiB = 2 ** 20;

type Input<Key extends string> = Extract<StoreInput, Record<Key, unknown>>;

type Kind = Store["kind"];

const SIZES: Readonly<Record<Kind, { readonly bytes: number; readonly why: string }>> = {
  postgres: { bytes: 10 * GiB, why: "10Gi holds tens of millions of usage rows" },
  redis: { bytes: 2 * GiB, why: "2Gi holds an append-only file several times the memory" },
  rabbitmq: { bytes: 8 * GiB, why: "8Gi holds millions of waiting usage events" },
  bucket: { bytes: 20 * GiB, why: "20Gi holds a week of backups of a small database" },
};

const PORTS: Readonly<Record<Kind, number>> = { postgres: 5432, redis: 6379, rabbitmq: 5672, bucket: 443 };

/** Millicores and bytes of a small server of each kind. */
const CPU: Readonly<Record<Kind, Range>> = {
  postgres: { min: 500, max: 2000 },
  redis: { min: 100, max: 1000 },
  rabbitmq: { min: 250, max: 1000 },
  bucket: { min: 100, max: 1000 },
};
const MEMORY: Readonly<Record<Kind, Range>> = {
  postgres: { min: GiB, max: 2 * GiB },
  redis: { min: 256 * MiB, max: 512 * MiB },
  rabbitmq: { min: GiB, max: 2 * GiB },
  bucket: { min: 128 * MiB, max: 512 * MiB },
};

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Every store, with who provides it and what that is known to give. */
export function planStores(context: PlanContext): Store[] {
  return Object.entries(context.settings.stores ?? {}).map(([name, written]): Store => {
    const scope = context.provenance.at("stores", name);
    if ("postgres" in written) return planDatabase(context, scope, name, written);
    if ("redis" in written) return planCache(context, scope, name, written);
    if ("rabbitmq" in written) return planBroker(context, scope, name, written);
    return planBucket(context, scope, name, written);
  });
}

function base(
  context: PlanContext,
  scope: Scope,
  name: string,
  kind: Store["kind"],
  written: StoreInput,
  shape: Shape,
): StoreBase {
  const asked = scope.pick("provide", written.provide, context.provide, "as the environment provides its stores");
  const { product, instead } = productFor(kind, asked, context.cloud, shape);
  scope.recordDefault(
    "provider",
    instead ? `${product.name}: ${instead}` : `${product.name}: what \`${asked}\` means here`,
  );
  const port = kind === "bucket" && product.kind !== "managed" ? (product.kind === "embedded" ? 0 : 9000) : PORTS[kind];
  const probe = scope.at("probe");
  return {
    name,
    path: scope.path,
    provider: provider(product, shape.standby, many(written.backups?.to)),
    objectives: elementObjectives(scope, written.objectives, context.objectives),
    size: scope.bytes("size", written.size, SIZES[kind].bytes, SIZES[kind].why),
    resources: resources(scope, written, kind, product.kind === "in-cluster", product.name),
    pool: planPool(context, written.nodes),
    port: scope.pick("port", written.port, port, port === 0 ? "a folder has no port" : `the usual port of ${kind}`),
    probe: {
      every: probe.duration("every", written.probe?.every, product.probe.every, product.probe.source),
      failures: probe.pick("failures", written.probe?.failures, product.probe.failures, product.probe.source),
    },
    patches: planPatches(scope, written.patch),
  };
}

function resources(scope: Scope, written: StoreInput, kind: Kind, ours: boolean, product: string): Resources {
  const why = ours ? "a small server; measure, then size" : `${product} is not sized by requests`;
  const cpu = scope.range("cpu", written.cpu, ours ? CPU[kind] : undefined, why, formatCpu);
  const memory = scope.range("memory", written.memory, ours ? MEMORY[kind] : undefined, why, formatBytes);
  return {
    cpu: { request: cpu?.min, limit: cpu?.max },
    memory: { request: memory?.min, limit: memory?.max },
    gpu: { count: 0, kind: undefined },
    disk: undefined,
  };
}

function planDatabase(context: PlanContext, scope: Scope, name: string, written: Input<"postgres">): Database {
  const asked = written.provide ?? context.provide;
  const place = context.zones > 1 ? "another-zone" : "same-zone";
  const redundant = asked === "embedded" ? undefined : context.redundant;
  const servers = written.replicas;
  const fallback = servers !== undefined ? (servers > 1 ? place : "none") : redundant ? place : "none";
  const why =
    servers !== undefined
      ? `of ${servers} servers`
      : asked === "embedded"
        ? "one machine has nothing to fail over to"
        : (redundant?.why ?? "the data can be lost, so one server is enough");
  const standby = scope.pick("standby", written.standby, fallback, why);
  const taken = standby === "none" ? 1 : 2;
  const readers = servers === undefined ? written.readers : Math.max(0, servers - taken);
  const shape: Shape = { standby: standby !== "none", sharded: false };
  const whySynchronous = shape.standby
    ? productFor("postgres", asked, context.cloud, shape).product.synchronous
    : undefined;
  return {
    ...base(context, scope, name, "postgres", written, shape),
    kind: "postgres",
    version: written.postgres,
    extensions: written.extensions ?? [],
    replicas: taken + (readers ?? 0),
    standby,
    readers: scope.pick("readers", readers, 0, "the primary answers reads"),
    copy: written.copy,
    synchronous: scope.pick(
      "synchronous",
      written.synchronous,
      whySynchronous !== undefined,
      whySynchronous ?? "a write does not wait for the standby unless it must not be lost",
    ),
    backups: planBackups(scope, written.backups),
  };
}

function planCache(context: PlanContext, scope: Scope, name: string, written: Input<"redis">): Cache {
  const asked = written.provide ?? context.provide;
  const redundant = asked === "embedded" ? undefined : context.redundant;
  const replicas = scope.pick(
    "replicas",
    written.replicas,
    redundant ? 1 : 0,
    redundant?.why ?? "what a cache holds can be made again",
  );
  const shards = scope.pick("shards", written.shards, 1, "one shard serves a hundred thousand operations a second");
  return {
    ...base(context, scope, name, "redis", written, { standby: replicas > 0, sharded: shards > 1 }),
    kind: "redis",
    version: written.redis,
    shards,
    replicas,
    persistence: scope.pick("persistence", written.persistence, false, "what a cache holds can be made again"),
    backups: planBackups(scope, written.backups),
  };
}

function planBroker(context: PlanContext, scope: Scope, name: string, written: Input<"rabbitmq">): Broker {
  const asked = written.provide ?? context.provide;
  const redundant = asked === "embedded" ? undefined : context.redundant;
  const replicas = scope.pick(
    "replicas",
    written.replicas,
    redundant ? 3 : 1,
    redundant ? `three, so that a majority stands when one is lost: ${redundant.why}` : "one broker is enough",
  );
  return {
    ...base(context, scope, name, "rabbitmq", written, { standby: replicas > 1, sharded: false }),
    kind: "rabbitmq",
    version: written.rabbitmq,
    replicas,
    queues: scope.pick(
      "queues",
      written.queues,
      "quorum",
      "quorum queues confirm a message once a majority has it on disk",
    ),
    deadLetter: scope.pick("deadLetter", written.deadLetter, true, "a message that cannot be handled must not be lost"),
    backups: planBackups(scope, written.backups),
  };
}

function planBucket(context: PlanContext, scope: Scope, name: string, written: Input<"bucket">): Bucket {
  const said = written.bucket === true ? undefined : written.bucket;
  const asked = written.provide ?? context.provide;
  const regional = asked === "managed" && context.cloud !== "none";
  return {
    ...base(context, scope, name, "bucket", written, { standby: regional, sharded: false }),
    kind: "bucket",
    versions: scope.at("bucket").pick("versions", said?.versions, false, "overwritten objects are gone unless said"),
    lock: said?.lock,
    copy: said?.copy,
    backups: planBackups(scope, written.backups),
  };
}
