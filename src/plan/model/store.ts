import type { Path } from "../../platform-file/origin.js";
import type { Bytes, Element, Milliseconds, Objectives, Patch, Resources } from "./element.js";

export type Store = Database | Cache | Broker | Bucket;

export interface StoreBase extends Element {
  readonly provider: Provider;
  readonly objectives: Objectives;
  readonly size: Bytes;
  readonly resources: Resources;
  readonly pool: string | undefined;
  readonly port: number;
  /** Probe of the server by whoever restarts or fails it over. */
  readonly probe: { readonly every: Milliseconds; readonly failures: number };
  readonly patches: readonly Patch[];
}

/** Who runs a store, and what that is known to give: promises are predicted from these, each cited. */
export interface Provider {
  readonly kind: "embedded" | "in-cluster" | "managed";
  /** The field's name of it: `embedded PostgreSQL`, `CloudNativePG`, `RDS`, `Linode Managed Database` … */
  readonly product: string;
  /** A replica takes over by itself within this time; undefined where nothing does. */
  readonly failover: Cited | undefined;
  /** From nothing to an empty server that accepts connections. */
  readonly provisioning: Cited;
  /** Bytes per second that a restore reads. */
  readonly restoreRate: Cited;
  /** Bytes per second that a backup writes. */
  readonly backupRate: Cited;
  /** A crashed server process is running again. */
  readonly restart: Cited;
  /** Kinds of backup that it takes; one that is declared beyond these is never written. */
  readonly takes: readonly BackupKind[];
  /** Of these kinds, what the product sets itself, whatever the file asks for. */
  readonly limits: Readonly<Partial<Record<BackupKind, BackupLimits>>>;
  /** Where the copies that it takes lie. */
  readonly copies: CopyPlace;
  /** Of the buckets that `backups.to` names, those that it really writes copies into. */
  readonly sendsTo: readonly string[];
}

/**
 * `folder`: of the machine that the data is on. `volume`: of the cluster, beside the data. `bucket`: the one that
 * `backups.to` names, and without one no copy is taken. `provider`: with the provider, apart from the data.
 */
export type CopyPlace = "folder" | "volume" | "bucket" | "provider";

export interface BackupLimits {
  /** It takes none at shorter intervals. */
  readonly every: Cited;
  /** It keeps none for longer. */
  readonly keep: Cited;
}

/** A figure with its source: a documented default or property of the component. */
export interface Cited {
  readonly value: number;
  readonly source: string;
}

export interface Database extends StoreBase {
  readonly kind: "postgres";
  readonly version: string;
  readonly extensions: readonly string[];
  /** Servers in all, primary included. */
  readonly replicas: number;
  readonly standby: "none" | "same-zone" | "another-zone";
  readonly readers: number;
  /** Region with a cross-region replica. */
  readonly copy: string | undefined;
  readonly synchronous: boolean;
  readonly backups: Backups;
}

export interface Cache extends StoreBase {
  readonly kind: "redis";
  readonly version: string;
  readonly shards: number;
  /** Replicas of each shard, primary not counted. */
  readonly replicas: number;
  readonly persistence: boolean;
  readonly backups: Backups;
}

export interface Broker extends StoreBase {
  readonly kind: "rabbitmq";
  readonly version: string;
  readonly replicas: number;
  readonly queues: "quorum" | "stream" | "classic";
  readonly deadLetter: boolean;
  readonly backups: Backups;
}

export interface Bucket extends StoreBase {
  readonly kind: "bucket";
  readonly versions: boolean;
  readonly lock: Milliseconds | undefined;
  readonly copy: string | undefined;
  readonly backups: Backups;
}

export type BackupKind = "full" | "log" | "snapshot";

export interface Backups {
  readonly path: Path;
  /** A whole copy: at this interval (or daily at a time), kept this long. */
  readonly full: BackupSchedule | undefined;
  /** The write-ahead log, shipped at the latest after `every`. */
  readonly log: BackupSchedule | undefined;
  readonly snapshot: BackupSchedule | undefined;
  /** Names of buckets; empty means a folder beside the data. */
  readonly to: readonly string[];
  readonly encrypted: boolean;
}

export interface BackupSchedule {
  readonly path: Path;
  /** 0: on every change. */
  readonly every: Milliseconds;
  /** `HH:MM` in UTC, when a time of day was named. */
  readonly at: string | undefined;
  readonly keep: Milliseconds;
}
