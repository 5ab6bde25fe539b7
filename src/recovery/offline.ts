import { locateCluster } from "../postgres/cluster.js";
import { serverUser } from "../postgres/server-user.js";
import { loadIdentity } from "./age-identity.js";
import { logArchive } from "./archive/log-archive.js";
import { type Backup, type Catalogue, findBackup, readCatalogue } from "./backup/catalogue.js";
import { ageCodec, type BackupCodec, gzipCodec } from "./backup-codec.js";
import { openRepository } from "./repository/open.js";
import type { Repository } from "./repository/repository.js";
import { backupFor, requirePast } from "./restore/choose-backup.js";
import { type Restored, type RestoreOptions, restoreInto } from "./restore/restore.js";
import type { RestoreTarget } from "./restore/target.js";
import { verifyBackup } from "./restore/verify.js";

/** Backups without a running platform: what is needed when there is none left. */
export interface BackupPlaces {
  /** A folder, or `s3://bucket/prefix`. */
  readonly repository: string;
  /** File with the age identity; needed only for what is encrypted. */
  readonly identity: string;
}

export async function catalogueOf(places: BackupPlaces): Promise<{ repository: Repository; catalogue: Catalogue }> {
  const repository = await openRepository(places.repository);
  return { repository, catalogue: await readCatalogue(repository) };
}

/** Restores a backup into a new, empty directory, ready for any PostgreSQL of its version. */
export async function restoreTo(
  places: BackupPlaces,
  id: string,
  directory: string,
  target: RestoreTarget,
  options: Pick<RestoreOptions, "signal"> = {},
): Promise<Restored & { backup: Backup }> {
  const { repository, catalogue } = await catalogueOf(places);
  const { system } = findBackup(catalogue, id).manifest;
  await requirePast(target, Date.now(), () => newestStored(repository, system));
  const backup = backupFor(catalogue, id, target);
  const codec = await codecOf(backup, places);
  const user = await serverUser();
  return {
    ...(await restoreInto(directory, repository, codec, backup.manifest, { ...options, user, target })),
    backup,
  };
}

/** When the newest file of the log was stored, epoch milliseconds. */
async function newestStored(repository: Repository, system: string): Promise<number> {
  const log = await logArchive(repository, gzipCodec, system).list();
  return log.reduce((newest, { stored }) => Math.max(newest, stored), 0);
}

/** Restores a backup into a clean place, compares, and enters the finding in the catalogue. */
export async function verifyOffline(places: BackupPlaces, id: string, data: string): Promise<Backup> {
  const { repository, catalogue } = await catalogueOf(places);
  const backup = findBackup(catalogue, id);
  const { cluster } = await locateCluster(data, `${data}/verify.log`);
  const scratch = cluster.data.replace(/\/data$/, "");
  const verification = await verifyBackup(repository, await codecOf(backup, places), backup.manifest, {
    scratch,
    now: Date.now,
  });
  return { manifest: backup.manifest, verification };
}

async function codecOf({ manifest }: Backup, places: BackupPlaces): Promise<BackupCodec> {
  return manifest.recipient === null ? gzipCodec : ageCodec(await loadIdentity(places.identity));
}
