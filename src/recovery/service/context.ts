import type { EventEmitter } from "node:events";
import { dirname } from "node:path";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { DatabaseStore } from "../../plan/stores/index.js";
import type { Cluster } from "../../postgres/cluster.js";
import type { Server } from "../../postgres/server.js";
import type { Archiver } from "../archive/archiver.js";
import { logArchive } from "../archive/log-archive.js";
import { systemIdentifier } from "../backup/data-directory.js";
import type { BackupCodec } from "../backup-codec.js";
import { RepositoryMarker } from "../repository/marker.js";
import type { Repository } from "../repository/repository.js";
import type { WorkQueue } from "./work-queue.js";

export interface RecoveryOptions {
  readonly platform: string;
  /** The plan's database; undefined: no backups are taken. */
  readonly database: DatabaseStore | undefined;
  readonly cluster: Cluster;
  readonly repository: Repository;
  readonly codec: BackupCodec;
  /** The age identity, for the holders of escrow identities; undefined: they are not supported. */
  readonly identity?: string;
  /** The file with the system identifier of the platform's database. */
  readonly systemIdFile: string;
}

export interface RecoveryEvent {
  readonly at: number;
  readonly level: "info" | "warning" | "error";
  readonly what: string;
}

export type RecoveryEvents = EventEmitter<{ event: [RecoveryEvent] }>;

/** Dependencies that the parts of the recovery service share. */
export interface RecoveryContext extends RecoveryOptions {
  readonly queue: WorkQueue;
  /** When the service was started, with the lock of the data directory. Epoch milliseconds. */
  readonly startedAt: number;
  /** Undefined if the platform file declares no log for the database's backups. */
  readonly archiver: Archiver | undefined;
  /** The running server. Throws `backup/no-server`. */
  server(): Server;
  /** The running server; undefined if it is not running. */
  running(): Server | undefined;
  report(level: RecoveryEvent["level"], what: string): void;
}

/** The log archive of the database that is in the data directory now. Throws `backup/no-marker`. */
export async function currentArchive(options: RecoveryOptions) {
  const { repository, codec } = options;
  return logArchive(repository, codec, await requireMarker(options));
}

/** Throws `backup/no-marker` unless the repository is the one that this database has used before. Returns its system identifier. */
export async function requireMarker({ cluster, repository, codec, systemIdFile }: RecoveryOptions): Promise<string> {
  const system = await systemIdentifier(cluster.data);
  await new RepositoryMarker(repository, codec, `${systemIdFile}.repository`).require(system);
  return system;
}

/** The directory for restores beside the data directory. */
export function scratchDirectory({ cluster }: Pick<RecoveryOptions, "cluster">): string {
  return dirname(cluster.data);
}

export function serverNotRunning(): KeelsonError {
  return new KeelsonError("backup/no-server", "the database is not running");
}
