import { KeelsonError } from "../../errors/keelson-error.js";
import { type Backup, type Catalogue, findBackup, requireAuthenticated, usable } from "../backup/catalogue.js";
import type { RestoreTarget } from "./target.js";

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

/**
 * Resolves a backup id for a target. A point in time can only be reached from a backup that was complete before it:
 * `latest` then is the newest of these. Throws `backup/unknown`, and `restore/too-early` for a later backup.
 */
export function backupFor(catalogue: Catalogue, id: string, target: RestoreTarget): Backup {
  if (target.kind !== "time") return findBackup(catalogue, id);
  const { at } = target;
  const older = usable(catalogue.backups).filter(
    ({ manifest, verification }) => manifest.restorePoint.at <= at && verification?.valid !== false,
  );
  const found = id === "latest" ? older.at(-1) : findBackup(catalogue, id);
  if (found && found.manifest.restorePoint.at <= at) return found;
  const time = new Date(at).toISOString();
  const alternative = older.at(-1)?.manifest.id;
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
