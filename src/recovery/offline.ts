import { KeelsonError } from "../errors/keelson-error.js";
import { locateCluster } from "../postgres/cluster.js";
import { serverUser } from "../postgres/server-user.js";
import { loadIdentity } from "./age-identity.js";
import { logArchive } from "./archive/log-archive.js";
import { type Backup, type Catalogue, findBackup, readCatalogue, requireAuthenticated } from "./backup/catalogue.js";
import { ageCodec, type BackupCodec, gzipCodec } from "./backup-codec.js";
import { escrowedAuthenticator } from "./escrow.js";
import { openRepository } from "./repository/open.js";
import type { Repository } from "./repository/repository.js";
import { type ChosenBackup, chooseBackup, requirePast } from "./restore/choose-backup.js";
import { type Restored, type RestoreOptions, restoreInto } from "./restore/restore.js";
import type { RestoreTarget } from "./restore/target.js";
import { verifyBackup } from "./restore/verify.js";

/** The location of backups and their key, for use without a running platform. */
export interface BackupLocation {
  /** A folder, or `s3://bucket/prefix`. */
  readonly repository: string;
  /** File with the age identity; needed only for encrypted backups. */
  readonly identity: string;
}

export async function catalogueOf(location: BackupLocation): Promise<{ repository: Repository; catalogue: Catalogue }> {
  const repository = await openRepository(location.repository);
  return { repository, catalogue: await readCatalogue(repository, await keysOf(location)) };
}

interface OfflineRestoreOptions extends Pick<RestoreOptions, "signal">, Omit<ChosenBackup, "id"> {
  /** Fingerprint of the platform's authentication key, for a restore with an escrow identity. */
  readonly trustKey?: string | undefined;
}

/** Restores a backup into an absent or empty directory, for any PostgreSQL of its version. */
export async function restoreTo(
  location: BackupLocation,
  id: string,
  directory: string,
  target: RestoreTarget,
  options: OfflineRestoreOptions = {},
): Promise<Restored & { backup: Backup }> {
  const { repository, catalogue } = await catalogueOf(location);
  const { system } = findBackup(catalogue, id).manifest;
  await requirePast(target, Date.now(), () => newestStored(repository, system));
  const keys = await keysOf(location, repository, system, options.trustKey);
  const { acceptUnauthenticated: accepted } = options;
  const choice = await chooseBackup(repository, keys, { id, acceptUnauthenticated: accepted }, target);
  const { backup, timelines, acceptUnauthenticated } = choice;
  const codec = { ...(await codecOf(backup, location)), authenticator: keys.authenticator };
  const user = await serverUser();
  const signal = options.signal && { signal: options.signal };
  return {
    ...(await restoreInto(directory, repository, codec, backup, {
      ...signal,
      ...{ user, target, acceptUnauthenticated, timelines },
    })),
    backup,
  };
}

/** When the newest log file was stored, in epoch milliseconds; 0 without a log. */
async function newestStored(repository: Repository, system: string): Promise<number> {
  const log = await logArchive(repository, gzipCodec(undefined), system).list();
  return log.reduce((newest, { stored }) => Math.max(newest, stored), 0);
}

/** Verifies a backup by restoring it, and stores the result in the catalogue. */
export async function verifyOffline(location: BackupLocation, id: string, data: string): Promise<Backup> {
  const { repository, catalogue } = await catalogueOf(location);
  const backup = findBackup(catalogue, id);
  requireAuthenticated(backup);
  const { cluster } = await locateCluster(data, `${data}/verify.log`);
  const scratch = cluster.data.replace(/\/data$/, "");
  const verification = await verifyBackup(repository, await codecOf(backup, location), backup, {
    scratch,
    now: Date.now,
  });
  return { ...backup, verification };
}

/** The keys at hand; none without an identity file. With an escrow identity, those of the platform with this fingerprint. */
async function keysOf(
  { identity }: BackupLocation,
  repository?: Repository,
  system?: string,
  trustKey?: string,
): Promise<BackupCodec> {
  try {
    const own = await loadIdentity(identity);
    const codec = await ageCodec(own);
    if (repository === undefined || system === undefined || trustKey === undefined) return codec;
    return { ...codec, authenticator: await escrowedAuthenticator(repository, system, trustKey, own) };
  } catch (error) {
    if (error instanceof KeelsonError && error.code === "backup/no-identity") return gzipCodec(undefined);
    throw error;
  }
}

async function codecOf({ manifest }: Backup, location: BackupLocation): Promise<BackupCodec> {
  if (manifest.recipient !== null) return ageCodec(await loadIdentity(location.identity));
  return gzipCodec((await keysOf(location)).authenticator);
}
