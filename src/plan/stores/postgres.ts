import type { Source } from "../plan.js";
import type { PostgresServerImage } from "../postgres-extensions.js";
import { cloudNativePg } from "../providers/cloudnative-pg.js";
import { embeddedPostgres } from "../providers/embedded-postgres.js";
import { linodePostgres } from "../providers/linode-postgres.js";
import { postgresStatefulSet } from "../providers/postgres-statefulset.js";
import { rds } from "../providers/rds.js";
import { GiB } from "../sizes.js";
import { ignoredCopy, planStoreBase, productFor, redundancyOf, requestedProvider, type StoreDefaults } from "./base.js";
import type { StoreDescriptor, StoreShape } from "./descriptor.js";

const VERSIONING: Source = {
  source: "postgresql.org/support/versioning (endoflife.date/postgresql at a70eca3)",
  read: "2026-11-30",
};

const defaults: StoreDefaults = {
  title: "PostgreSQL",
  size: { bytes: 10 * GiB, why: "10Gi are enough for tens of millions of usage rows" },
  cpu: { min: 500, max: 2000 },
  memory: { min: GiB, max: 2 * GiB },
  port: () => 5432,
  secret: {
    directory: "database",
    clientKeys: ["url"],
    values: (address) => ({
      password: { kind: "random", bytes: 24 },
      replication: { kind: "random", bytes: 24 },
      superuser: { kind: "random", bytes: 24 },
      url: { kind: "text", text: `postgres://keelson:{password}@${address}/keelson` },
      username: { kind: "text", text: "keelson" },
    }),
  },
  products: {
    embedded: embeddedPostgres,
    // An operator is required in a cluster only if there is a standby to fail over to.
    inCluster: ({ standby }) => (standby ? cloudNativePg : postgresStatefulSet),
    managed: { none: undefined, aws: rds, linode: linodePostgres },
  },
};

/** The image whose extensions include the declared ones. */
function serverImageFor(extensions: readonly string[]): PostgresServerImage {
  if (extensions.includes("timescaledb")) return "timescaledb";
  return extensions.includes("vector") ? "pgvector" : "postgres";
}

/** PostgreSQL: a primary, at most one standby that is promoted, and read replicas. */
export const postgres = {
  ...defaults,
  role: "database",
  storesModuleData: true,
  local: "process",
  protocol: "tcp",
  backupMethod: "log",
  endsOfLife: {
    "13": { date: "2025-11-13", ...VERSIONING },
    "14": { date: "2026-11-12", ...VERSIONING },
    "15": { date: "2027-11-11", ...VERSIONING },
    "16": { date: "2028-11-09", ...VERSIONING },
    "17": { date: "2029-11-08", ...VERSIONING },
    "18": { date: "2030-11-14", ...VERSIONING },
  },
  images: ({ version, extensions, provider }) => ({
    server: { product: serverImageFor(extensions), version },
    operator: provider.product === cloudNativePg.name ? { product: "cloudnativePg", version } : undefined,
  }),
  plan(context, scope, name, input) {
    const requested = requestedProvider(context, input);
    const place = context.zones > 1 ? "another-zone" : "same-zone";
    const redundant = redundancyOf(context, input);
    const servers = input.replicas;
    const fallback = servers !== undefined ? (servers > 1 ? place : "none") : redundant ? place : "none";
    const why =
      servers !== undefined
        ? `\`replicas: ${servers}\``
        : requested === "embedded"
          ? "one machine has nothing to fail over to"
          : (redundant?.why ?? "the data is not real and there is one zone, so one server is enough");
    const standby = scope.pick("standby", input.standby, fallback, why);
    const writers = standby === "none" ? 1 : 2;
    const readers = servers === undefined ? input.readers : Math.max(0, servers - writers);
    const shape: StoreShape = { standby: standby !== "none", sharded: false };
    const whySynchronous = shape.standby
      ? productFor(context, defaults, requested, shape).product.synchronous
      : undefined;
    return {
      ...planStoreBase(context, scope, name, defaults, input, shape),
      kind: "postgres",
      version: input.postgres,
      extensions: input.extensions ?? [],
      replicas: writers + (readers ?? 0),
      standby,
      readers: scope.pick("readers", readers, 0, "the primary serves reads"),
      copy: input.copy,
      synchronous: scope.pick(
        "synchronous",
        input.synchronous,
        whySynchronous !== undefined,
        whySynchronous ?? "replication is asynchronous unless writes must not be lost",
      ),
    };
  },
  traits: ({ version, replicas, standby, synchronous, port, provider, copy }) => ({
    summary: `postgres ${version}${replicas > 1 ? `, ${replicas} servers` : ""}${standby === "none" ? "" : `, standby in ${standby.replace("-", " ")}`}`,
    servers: replicas,
    copies: replicas,
    copiesKey: "standby",
    hasPrimary: true,
    memberPorts: replicas > 1 ? [port] : [],
    dropsMessages: undefined,
    ignored: ignoredCopy("copy", provider, copy),
    redelivery: undefined,
    spreadsOverZones: standby === "another-zone",
    needs:
      synchronous && provider.kind === "in-cluster"
        ? {
            kind: "count",
            count: 2,
            why: "a commit waits until a synchronous standby has flushed it (CloudNativePG: dataDurability required)",
          }
        : { kind: "count", count: 1, why: "a standby is promoted" },
    neverServes: undefined,
    minZones: standby === "another-zone" ? 2 : undefined,
    zoneFix:
      standby === "another-zone"
        ? undefined
        : {
            key: "standby",
            value: "another-zone",
            advice: "run a standby in another zone: `standby: another-zone`",
          },
    withoutReplica: { kind: "restore" },
    restartLoss: {
      kind: "cited",
      label: "nothing: commits are on disk",
      loss: {
        value: 0,
        source:
          "PostgreSQL acknowledges a commit after its log is flushed (fsync and synchronous_commit are on by default)",
      },
    },
    failoverLoss: synchronous
      ? {
          kind: "cited",
          label: "nothing: replication is synchronous",
          loss: {
            value: 0,
            source:
              "with synchronous replication a commit waits until a standby has flushed it (PostgreSQL: synchronous_commit)",
          },
        }
      : {
          kind: "assumed",
          label: "replication lag",
          loss: 30_000,
          why: "asynchronous replication guarantees no maximum lag; 30s assumed",
        },
  }),
} satisfies StoreDescriptor<"postgres">;
