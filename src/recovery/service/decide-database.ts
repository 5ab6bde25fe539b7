import type { Backup } from "../backup/catalogue.js";

/** What to do with the data directory before the server starts. */
export type DatabaseDecision =
  | { readonly action: "start" | "initialise"; readonly reason: string }
  | { readonly action: "restore"; readonly backup: Backup; readonly reason: string }
  | { readonly action: "refuse"; readonly reason: string };

export interface DatabaseSituation {
  /** Whether a server can be started from the data directory. */
  readonly present: boolean;
  /** System identifier of the platform's database; undefined on the first start. */
  readonly system: string | undefined;
  /** Backups in the repository, oldest first. */
  readonly backups: readonly Backup[];
  /** Ids of the backups that could not be restored since the loss. */
  readonly failed: readonly string[];
}

/**
 * A lost data directory is restored, never initialised: an empty database that accepts connections is worse than none.
 * The newest backup is restored that is not known to be invalid; a backup that was never verified is better than none.
 */
export function decideDatabase({ present, system, backups, failed }: DatabaseSituation): DatabaseDecision {
  if (present) return { action: "start", reason: "the data directory exists" };
  if (system === undefined) return { action: "initialise", reason: "this is the first start" };
  const usable = backups.filter(
    ({ manifest, verification }) =>
      manifest.system === system && verification?.valid !== false && !failed.includes(manifest.id),
  );
  const backup = usable.at(-1);
  if (!backup)
    return { action: "refuse", reason: "its data directory does not exist, and there is no usable backup of it" };
  const verified = backup.verification?.valid ? "verified by a restore" : "not yet verified";
  return {
    action: "restore",
    backup,
    reason: `the data directory does not exist; backup ${backup.manifest.id} is the newest (${verified})`,
  };
}
