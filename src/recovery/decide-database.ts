import type { Backup } from "./backup/catalogue.js";

/** What is to be done with the place where the database lives, before its server is started. */
export type DatabaseDecision =
  | { readonly action: "start" | "initialise"; readonly reason: string }
  | { readonly action: "restore"; readonly backup: Backup; readonly reason: string }
  | { readonly action: "refuse"; readonly reason: string };

export interface DatabaseSituation {
  /** There is a data directory that a server can be started from. */
  readonly present: boolean;
  /** The database that is known to have lived here; undefined on the very first start. */
  readonly known: string | undefined;
  /** Backups of it, oldest first. */
  readonly backups: readonly Backup[];
  /** Backups that were tried since the loss and could not be restored. */
  readonly failed: readonly string[];
}

/**
 * A data directory that is gone is restored, never made anew: an empty database that answers is worse than none.
 * The newest backup that was proven by a restore comes first; one that was never tried is better than nothing.
 */
export function decideDatabase({ present, known, backups, failed }: DatabaseSituation): DatabaseDecision {
  if (present) return { action: "start", reason: "its data directory is there" };
  if (known === undefined) return { action: "initialise", reason: "there has never been a database here" };
  const usable = backups.filter(
    ({ manifest, verification }) =>
      manifest.system === known && verification?.valid !== false && !failed.includes(manifest.id),
  );
  const backup = usable.at(-1);
  if (!backup) return { action: "refuse", reason: `its data directory is gone, and there is no usable backup of it` };
  const proven = backup.verification?.valid ? "proven by a restore" : "never tried before";
  return {
    action: "restore",
    backup,
    reason: `its data directory is gone; backup ${backup.manifest.id} is the newest (${proven})`,
  };
}
