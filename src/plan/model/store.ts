import type { Path } from "../../platform-file/origin.js";
import type { Bytes, Element, Milliseconds, Objectives, Patch, Resources } from "./element.js";
import type { SecretMount } from "./secret.js";

/** Every kind of store, under the key that names it in the platform file. */
export interface StoreByKind {
  readonly postgres: Postgres;
  readonly redis: Redis;
  readonly rabbitmq: RabbitMq;
  readonly bucket: Bucket;
}

export type StoreKind = keyof StoreByKind;

/** A store of one kind, or of any. Generic code that looks a descriptor up by `store.kind` takes a `Store<Kind>`. */
export type Store<Kind extends StoreKind = StoreKind> = { [Each in Kind]: StoreByKind[Each] & { kind: Each } }[Kind];

export interface StoreBase extends Element {
  readonly provider: Provider;
  readonly objectives: Objectives;
  readonly size: Bytes;
  /** Storage class of its volumes; undefined: the default class of the cluster. */
  readonly storageClass: string | undefined;
  /** Machine type of the servers of a managed store, as its provider names it; undefined: the provider's choice. */
  readonly machine: string | undefined;
  /** The file wants its data encrypted at rest. */
  readonly encrypted: boolean;
  readonly resources: Resources;
  readonly pool: string | undefined;
  readonly port: number;
  /** The provider assigns the port and the file does not declare it: `port` is the usual one, and not the one in use. */
  readonly portUnknown: boolean;
  /** Probe of the server by the supervisor or operator that restarts it or fails it over. */
  readonly probe: { readonly every: Milliseconds; readonly failures: number };
  readonly backups: Backups;
  readonly patches: readonly Patch[];
  /** The secret that its server mounts, if Keelson or a target runs the server. */
  readonly secret: SecretMount;
}

export interface OfferedVersions extends Source {
  readonly offered: readonly [string, ...string[]];
}

/** Who runs a store, and the product's documented figures, from which promises are predicted. */
export interface Provider {
  readonly kind: "embedded" | "in-cluster" | "managed";
  /** The product's name: `embedded PostgreSQL`, `CloudNativePG`, `Amazon RDS`, `Linode Managed Database` … */
  readonly product: string;
  /** The versions that it runs, oldest first, whatever the file declares; undefined if it runs the declared one. */
  readonly versions: OfferedVersions | undefined;
  /** How a replica is promoted automatically; undefined without automatic failover. */
  readonly failover: Failover | undefined;
  /** Milliseconds until a new, empty server accepts connections. */
  readonly provisioning: Cited;
  /** Bytes per second that a restore reads. */
  readonly restoreRate: Cited;
  /** Bytes per second that a backup writes. */
  readonly backupRate: Cited;
  /** Milliseconds until a server process that crashed or hangs runs again. */
  readonly restart: Cited;
  /** Milliseconds of the start alone, for a server that starts on another node; undefined: as `restart`. */
  readonly start: Cited | undefined;
  /** Kinds of backup that the product takes; other declared kinds are never taken. */
  readonly takes: readonly BackupKind[];
  /** Limits that the product imposes on these kinds, regardless of the platform file. */
  readonly limits: Readonly<Partial<Record<BackupKind, BackupLimits>>>;
  /** Where its backups are stored. */
  readonly copies: CopyPlace;
  /** Those buckets of `backups.to` that the product writes backups to. */
  readonly sendsTo: readonly string[];
}

/** The automatic promotion of a replica. */
export interface Failover {
  /** Who decides: the servers among themselves, an operator in the same cluster, or the cloud provider. */
  readonly by: "servers" | "operator" | "provider";
  /** Milliseconds until a crashed server is detected, and a hung one unless `ignoresHang`. */
  readonly detection: Cited;
  /** Milliseconds from then until the replica accepts writes. */
  readonly takeover: Cited;
  /** Why nothing takes over from a server that hangs until a person kills it; undefined if a hung server is treated as a crashed one. */
  readonly ignoresHang?: string;
}

/**
 * Where backups are stored. `folder`: on the machine that holds the data. `volume`: in the same cluster as the data.
 * `bucket`: in the bucket of `backups.to`; without one no backup is taken. `provider`: with the cloud provider, separate
 * from the data.
 */
export type CopyPlace = "folder" | "volume" | "bucket" | "provider";

export interface BackupLimits {
  /** The shortest interval between two backups, in milliseconds. */
  readonly every: Cited;
  /** The longest retention, in milliseconds; undefined without a maximum. */
  readonly keep: Cited | undefined;
}

/** A figure with its source: a documented default or property of the product. */
export interface Cited extends Source {
  readonly value: number;
}

/** What states a fact, and the day on which it was read there, `YYYY-MM-DD`: a later version of the page may say otherwise. */
export interface Source {
  readonly source: string;
  readonly read?: string;
}

export interface Postgres extends StoreBase {
  readonly kind: "postgres";
  readonly version: string;
  readonly extensions: readonly string[];
  /** Number of servers, including the primary. */
  readonly replicas: number;
  readonly standby: "none" | "same-zone" | "another-zone";
  readonly readers: number;
  /** Region with a cross-region replica. */
  readonly copy: string | undefined;
  readonly synchronous: boolean;
}

export interface Redis extends StoreBase {
  readonly kind: "redis";
  readonly version: string;
  readonly shards: number;
  /** Replicas of each shard, without the primary. */
  readonly replicas: number;
  readonly persistence: boolean;
  /** Numbered databases that clients select from; undefined: as many as the server has by default. */
  readonly databases: number | undefined;
}

export interface RabbitMq extends StoreBase {
  readonly kind: "rabbitmq";
  readonly version: string;
  readonly replicas: number;
  readonly queues: "quorum" | "stream" | "classic";
  readonly deadLetter: boolean;
}

export interface Bucket extends StoreBase {
  readonly kind: "bucket";
  /** Who takes its declared backups. */
  readonly taker: BackupTaker;
  readonly versions: boolean;
  readonly lock: Milliseconds | undefined;
  readonly copy: string | undefined;
}

export type BackupKind = "full" | "log" | "snapshot";

export interface Backups {
  readonly path: Path;
  /** A full backup: its interval (or daily time) and retention. */
  readonly full: BackupSchedule | undefined;
  /** Archiving of the write-ahead log: a segment is archived after at most `every`. */
  readonly log: BackupSchedule | undefined;
  readonly snapshot: BackupSchedule | undefined;
  /** Size of the volume that they are written to, where a cluster provides one. */
  readonly size: Bytes;
  /** Names of buckets; empty means a folder next to the data. */
  readonly to: readonly string[];
  readonly encrypted: boolean;
}

/** Who takes the backups of a volume or a bucket. `none`: none is taken, whatever is declared. */
export type BackupTaker =
  | { readonly kind: "velero" /** The buckets of `to` that it writes to. */; readonly sendsTo: readonly string[] }
  | { readonly kind: "none"; readonly why: string };

export interface BackupSchedule {
  readonly path: Path;
  /** 0: on every change. */
  readonly every: Milliseconds;
  /** `HH:MM` in UTC, if a time of day is set. */
  readonly at: string | undefined;
  readonly keep: Milliseconds;
}
