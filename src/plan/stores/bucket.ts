import { veleroOf } from "../backup-taker.js";
import type { PlanContext } from "../context.js";
import type { BackupTaker, Provider, StoreBase } from "../plan.js";
import { folder } from "../providers/folder.js";
import { linodeObjectStorage } from "../providers/linode-object-storage.js";
import { s3 } from "../providers/s3.js";
import { s3Gateway } from "../providers/s3-gateway.js";
import { GiB, MiB } from "../sizes.js";
import { ignoredCopy, planStoreBase, requestedProvider, type StoreDefaults } from "./base.js";
import type { StoreDescriptor } from "./descriptor.js";

const PORTS = { embedded: 0, "in-cluster": 9000, managed: 443 } as const;

const defaults: StoreDefaults = {
  title: "bucket",
  size: { bytes: 20 * GiB, why: "20Gi are enough for a week of backups of a small database" },
  cpu: { min: 100, max: 1000 },
  memory: { min: 128 * MiB, max: 512 * MiB },
  port: (provider) => PORTS[provider],
  secret: {
    directory: "bucket",
    clientKeys: ["access-key", "endpoint", "secret-key"],
    values: (address) => ({
      "access-key": { kind: "random", bytes: 15 },
      endpoint: { kind: "text", text: `http://${address}` },
      "secret-key": { kind: "random", bytes: 30 },
    }),
  },
  products: {
    embedded: folder,
    inCluster: () => s3Gateway,
    managed: { none: undefined, aws: s3, linode: linodeObjectStorage },
  },
};

/** Objects over the S3 API. Backups of other stores are written to it. */
export const bucket = {
  ...defaults,
  role: "bucket",
  storesModuleData: false,
  local: "folder",
  protocol: "http",
  backupMethod: "snapshot",
  endsOfLife: {},
  images: () => ({ server: { product: "versitygw", version: undefined }, operator: undefined }),
  plan(context, scope, name, input) {
    const settings = input.bucket === true ? undefined : input.bucket;
    const regional = requestedProvider(context, input) === "managed" && context.cloud !== "none";
    const base = planStoreBase(context, scope, name, defaults, input, { standby: regional, sharded: false });
    const taker = takerOf(context, base);
    return {
      ...base,
      kind: "bucket",
      provider: takenBy(taker, base.provider),
      taker,
      versions: scope
        .at("bucket")
        .pick("versions", settings?.versions, false, "overwritten objects are not retained by default"),
      lock: settings?.lock,
      copy: settings?.copy,
    };
  },
  traits: ({ versions, provider, copy }) => ({
    summary: `bucket${versions ? ", versions" : ""}`,
    servers: 1,
    copies: 1,
    copiesKey: undefined,
    hasPrimary: false,
    memberPorts: [],
    dropsMessages: undefined,
    ignored: ignoredCopy("bucket.copy", provider, copy),
    redelivery: undefined,
    spreadsOverZones: false,
    needs: { kind: "count", count: 1, why: "one server has all objects" },
    neverServes: undefined,
    minZones: undefined,
    zoneFix: undefined,
    withoutReplica: { kind: "replace" },
    restartLoss: { kind: "all" },
    failoverLoss: { kind: "all" },
  }),
} satisfies StoreDescriptor<"bucket">;

/** In a cluster a bucket is the files of one volume, which Velero copies, or takes a snapshot of. */
function takerOf(context: PlanContext, { provider, backups }: Pick<StoreBase, "provider" | "backups">): BackupTaker {
  const { full, log, snapshot, to } = backups;
  if (!full && !log && !snapshot) return { kind: "none", why: "no backup is declared" };
  switch (provider.kind) {
    case "in-cluster":
      return full || snapshot
        ? veleroOf(context, { files: full, snapshot, to })
        : { kind: "none", why: "a bucket writes no log" };
    case "embedded":
      return { kind: "none", why: "on one machine nothing takes backups of a bucket; in a cluster Velero does" };
    case "managed":
      return {
        kind: "none",
        why: `${provider.product} takes no backups of objects, and keeps their older versions instead (\`bucket: { versions: true }\`)`,
      };
  }
}

/** The provider of a bucket, whose backups are taken by `taker`. */
function takenBy(taker: BackupTaker, provider: Provider): Provider {
  return taker.kind === "velero" ? { ...provider, takes: ["full", "snapshot"], sendsTo: taker.sendsTo } : provider;
}
