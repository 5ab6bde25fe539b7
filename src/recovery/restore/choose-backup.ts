import { KeelsonError } from "../../errors/keelson-error.js";
import { logArchive } from "../archive/log-archive.js";
import { type Backup, findBackup, readCatalogue, requireAuthenticated, usable } from "../backup/catalogue.js";
import type { BackupCodec } from "../backup-codec.js";
import type { Repository } from "../repository/repository.js";
import { trusted } from "./fetch-log.js";
import type { RestoreTarget } from "./target.js";
import { chooseTimeline, reaches, readTimelines, type Timeline } from "./timelines.js";

/** The backup that a user has chosen. */
export interface ChosenBackup {
  /** Its id, or `latest`. */
  readonly id: string;
  /** The id of a backup that is restored although nothing proves that the platform has written it. */
  readonly acceptUnauthenticated?: string | undefined;
}

/** Whether the user accepts that nothing proves the origin of this backup. Throws `backup/unauthenticated` otherwise. */
export function requireOrigin(backup: Backup, { acceptUnauthenticated }: Omit<ChosenBackup, "id">): boolean {
  if (acceptUnauthenticated === backup.manifest.id) return true;
  requireAuthenticated(backup);
  return false;
}

/** A backup to restore, and the timelines of its database. */
export interface Choice {
  readonly backup: Backup;
  readonly timelines: readonly Timeline[];
  readonly acceptUnauthenticated: boolean;
}

/**
 * Finds the backup for a target. `system` is the database of which `latest` is the newest backup; by default that of the newest
 * usable backup. Throws `backup/unknown`, `backup/unauthenticated`, `restore/too-early`, `restore/timeline`.
 */
export async function chooseBackup(
  repository: Repository,
  codec: BackupCodec,
  chosen: ChosenBackup,
  target: RestoreTarget,
  system?: string,
): Promise<Choice> {
  const { backups } = await readCatalogue(repository, codec);
  const database =
    chosen.id === "latest" && system !== undefined ? system : findBackup({ backups }, chosen.id).manifest.system;
  const own = backups.filter(({ manifest }) => manifest.system === database);
  const archive = logArchive(repository, codec, database);
  // The content of a history decides what is restored: without a valid code it needs the same consent as a backup.
  const files = trusted(await archive.list(), chosen.acceptUnauthenticated !== undefined);
  const timelines = await readTimelines(archive, files, own);
  const backup = backupFor(own, chosen.id, target, timelines);
  return { backup, timelines, acceptUnauthenticated: requireOrigin(backup, chosen) };
}

/**
 * Resolves a backup id for a target. A point in time can only be reached from a backup that was complete before it, and a
 * timeline only from a backup on it or on an ancestor: `latest` is the newest of these. Throws `backup/unknown`,
 * `restore/timeline`, and `restore/too-early` for a later backup.
 */
export function backupFor(
  backups: readonly Backup[],
  id: string,
  target: RestoreTarget,
  timelines: readonly Timeline[],
): Backup {
  const at = target.kind === "time" ? target.at : Number.POSITIVE_INFINITY;
  const timeline = chooseTimeline(timelines, target);
  const possible = usable(backups).filter(
    ({ manifest, verification }) =>
      manifest.restorePoint.at <= at && verification?.valid !== false && reaches(timeline, manifest),
  );
  if (id === "latest" && target.kind !== "time") return possible.at(-1) ?? findBackup({ backups }, id);
  const found = id === "latest" ? possible.at(-1) : findBackup({ backups }, id);
  if (found && found.manifest.restorePoint.at <= at) return found;
  const time = new Date(at).toISOString();
  const alternative = possible.at(-1)?.manifest.id;
  throw new KeelsonError(
    "restore/too-early",
    found ? `backup ${found.manifest.id} was taken after ${time}` : `there is no backup from before ${time}`,
    { hint: alternative ? `this backup reaches it: ${alternative}` : "`keelson backups` lists the backups" },
  );
}

/**
 * Rejects a time in the future. `newest` returns the newest time that can be restored. All times are epoch milliseconds.
 * Throws `restore/future`.
 */
export async function requirePast(target: RestoreTarget, now: number, newest: () => Promise<number>): Promise<void> {
  if (target.kind !== "time" || target.at <= now) return;
  throw new KeelsonError("restore/future", `${new Date(target.at).toISOString()} is in the future`, {
    hint: `the newest time that can be restored is ${new Date(await newest()).toISOString()}; without --at everything is restored`,
  });
}
