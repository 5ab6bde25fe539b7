import type { Backups, Plan, Store } from "../../plan/plan.js";
import { isBucket, STORES, storeTraits } from "../../plan/stores/index.js";
import { formatBytes, formatDuration, formatList } from "../../platform-file/format.js";
import { formatSchedule } from "../../platform-file/schedule.js";
import { runsAsContainers } from "../stores/containers.js";
import type { Declared, Declares } from "./declared.js";

/** Databases, caches, brokers and buckets, their providers, and their backups. */
export const STORE_DECLARATIONS = {
  "container-stores": perContainerStore((store) => ({
    path: store.path,
    omission: `${store.name} is not rendered by this target`,
  })),
  "managed-stores": perManagedStore((store) => ({
    path: store.path,
    omission: `${store.name} (${orderOf(store)}) is not created by this target: provide its secret ${store.name} (${STORES[store.kind].secret.clientKeys.join(", ")})`,
  })),
  /** A bucket that `keelson up` provides as a directory on its machine. */
  "folder-buckets": perStore((store) =>
    store.provider.kind === "managed" || runsAsContainers(store)
      ? undefined
      : {
          path: store.path,
          omission: `${store.name} is a directory of one machine (${store.provider.product}): this target does not run it`,
        },
  ),
  "replicated-stores": perContainerStore((store) =>
    storeTraits(store).servers <= 1
      ? undefined
      : {
          path: store.path,
          omission: `${store.name}: replication over ${storeTraits(store).servers} servers is not rendered by this target`,
        },
  ),
  "full-backups": containerBackups("full"),
  "log-backups": containerBackups("log"),
  "snapshot-backups": containerBackups("snapshot"),
  "backup-destinations": perContainerStore((store) =>
    hasBackups(store.backups) && store.backups.to.length > 0
      ? {
          path: store.backups.path,
          omission: `backups of ${store.name} are not copied to ${formatList(store.backups.to)} by this target`,
        }
      : undefined,
  ),
  "backup-encryption": perContainerStore((store) =>
    hasBackups(store.backups) && store.backups.encrypted && !isTakenByVelero(store)
      ? {
          path: store.backups.path,
          omission: `backups of ${store.name} are not encrypted by this target: encrypt the volume or bucket that stores them`,
        }
      : undefined,
  ),
  "managed-backups": perManagedStore((store) => {
    const { backups, provider, name } = store;
    const declared = BACKUP_KINDS.flatMap((kind) => {
      const schedule = backups[kind];
      return schedule ? [`${kind} ${formatSchedule(schedule)}`] : [];
    });
    if (declared.length === 0) return undefined;
    const manual = manualCopies(store);
    const copies = manual === undefined ? "" : `; ${manual}`;
    return {
      path: backups.path,
      omission: `backups of ${name} are taken by ${provider.product}, which this target does not configure: set ${declared.join(", ")}${copies}`,
    };
  }),
  "encryption-at-rest": perStore(({ name, path, encrypted, provider: { kind, product } }) =>
    encrypted
      ? {
          path: `${path}.encrypted`,
          omission: `${name}: encryption at rest is not configured by this target: ${kind === "managed" ? `enable it in ${product}` : "use a storage class that encrypts its volumes"}`,
        }
      : undefined,
  ),
  "region-copies": perStore((store) =>
    "copy" in store && store.copy !== undefined
      ? { path: store.path, omission: `${store.name}: no copy in ${store.copy} is created by this target` }
      : undefined,
  ),
  "object-locks": perStore((store) =>
    isBucket(store) && store.lock !== undefined
      ? {
          path: store.path,
          omission: `${store.name}: object lock (${formatDuration(store.lock)}) is not configured by this target`,
        }
      : undefined,
  ),
} as const satisfies Record<string, Declares>;

/** What to order of a provider: the product, and the machines and storage that the file declares. */
function orderOf({ provider: { product }, machine, size, storageClass }: Store): string {
  return [
    product,
    ...(machine === undefined ? [] : [machine]),
    ...(storageClass === undefined ? [] : [`${formatBytes(size)} of ${storageClass}`]),
  ].join(", ");
}

export const BACKUP_KINDS = ["full", "log", "snapshot"] as const;
export type BackupKind = (typeof BACKUP_KINDS)[number];

/** The copies to buckets of `backups.to` that the store's provider does not make, as an instruction; undefined if it makes all. */
export function manualCopies({ backups, provider }: Store): string | undefined {
  const buckets = backups.to.filter((bucket) => !provider.sendsTo.includes(bucket));
  return buckets.length === 0 ? undefined : `copy them to ${formatList(buckets)} yourself`;
}

/** Velero encrypts what it copies. */
function isTakenByVelero(store: Store): boolean {
  return isBucket(store) && store.taker.kind === "velero";
}

function hasBackups(backups: Backups): boolean {
  return BACKUP_KINDS.some((kind) => backups[kind] !== undefined);
}

function containerBackups(kind: (typeof BACKUP_KINDS)[number]): Declares {
  return perContainerStore(({ name, backups }) => {
    const schedule = backups[kind];
    return schedule === undefined
      ? undefined
      : {
          path: backups.path,
          omission: `${kind} backups of ${name} (${formatSchedule(schedule)}) are not taken by this target`,
        };
  });
}

function perStore(declared: (store: Store) => Declared | undefined): Declares {
  return ({ stores }: Plan) => stores.flatMap((store) => declared(store) ?? []);
}

function perContainerStore(declared: (store: Store) => Declared | undefined): Declares {
  return perStore((store) => (runsAsContainers(store) ? declared(store) : undefined));
}

function perManagedStore(declared: (store: Store) => Declared | undefined): Declares {
  return perStore((store) => (store.provider.kind === "managed" ? declared(store) : undefined));
}
