import { readCatalogue, usable } from "../backup/catalogue.js";
import { systemIdentifier } from "../backup/data-directory.js";
import { removeBackup } from "../backup/remove-backup.js";
import { prune } from "../backup/retention.js";
import { currentArchive, type RecoveryContext } from "./context.js";

/** Removes the backups and log files that have exceeded their retention and that no kept backup needs. */
export async function removeExpired(context: RecoveryContext): Promise<void> {
  const { database, cluster, repository, codec, report } = context;
  if (!database?.backups.full || !database.backups.log) return;
  const system = await systemIdentifier(cluster.data);
  // A backup that this platform cannot open or did not write is no substitute for an older one that it can restore.
  const { backups } = await readCatalogue(repository, codec);
  const own = usable(backups).filter((backup) => backup.manifest.system === system);
  const log = await (await currentArchive(context)).list();
  const retention = { full: database.backups.full.keep, log: database.backups.log.keep };
  const expired = prune(own, log, retention, Date.now());
  for (const { backup } of expired.backups) await removeBackup(repository, backup);
  for (const { file } of expired.log) await repository.remove(file.object);
  const removed = removedText(expired.backups.length, expired.log.length);
  if (removed !== undefined) report("info", removed);
}

/** `removed 1 expired backup and 12 log files`; undefined if nothing was removed. */
export function removedText(backups: number, logFiles: number): string | undefined {
  const parts = [counted(backups, "expired backup"), counted(logFiles, "log file")].filter(
    (part) => part !== undefined,
  );
  return parts.length === 0 ? undefined : `removed ${parts.join(" and ")}`;
}

function counted(count: number, noun: string): string | undefined {
  return count === 0 ? undefined : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
