import { type Backup, usable } from "../backup/catalogue.js";
import { reaches, type Timeline } from "../restore/timelines.js";

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
  /** The timelines of the database in the WAL archive, oldest first. */
  readonly timelines: readonly Timeline[];
}

/**
 * A lost data directory is restored, never initialised: an empty database that accepts connections is worse than none.
 * The newest backup is restored that is not known to be invalid; a backup that was never verified is better than none. Only
 * backups from which the newest timeline can be followed count: the others contain what an earlier restore has discarded.
 */
export function decideDatabase({ present, system, backups, failed, timelines }: DatabaseSituation): DatabaseDecision {
  if (present) return { action: "start", reason: "the data directory exists" };
  if (system === undefined) return { action: "initialise", reason: "this is the first start" };
  const own = backups.filter(({ manifest }) => manifest.system === system);
  const newest = timelines.at(-1);
  const backup = usable(own).findLast(
    ({ manifest, verification }) =>
      verification?.valid !== false &&
      !failed.includes(manifest.id) &&
      (newest === undefined || reaches(newest, manifest)),
  );
  if (!backup)
    return {
      action: "refuse",
      reason: [
        "its data directory does not exist, and there is no usable backup of it",
        ...whyUnusable(own, failed, newest),
      ].join("; "),
    };
  const verified = backup.verification?.valid ? "verified by a restore" : "not yet verified";
  return {
    action: "restore",
    backup,
    reason: `the data directory does not exist; backup ${backup.manifest.id} is the newest (${verified})`,
  };
}

/** Why backups of this database are not restored, by reason: `1 backup was encrypted to another identity (20251121T080102Z)`. */
function whyUnusable(own: readonly Backup[], failed: readonly string[], newest: Timeline | undefined): string[] {
  const reasons: readonly (readonly [string, (backup: Backup) => boolean])[] = [
    ["encrypted to another identity", ({ opens }) => !opens],
    ["known to be invalid", ({ verification }) => verification?.valid === false],
    ["not restorable", ({ manifest }) => failed.includes(manifest.id)],
    ["on a timeline that was left", ({ manifest }) => newest !== undefined && !reaches(newest, manifest)],
    ["without a valid authentication code", ({ opens, origin }) => opens && origin !== "authenticated"],
  ];
  return reasons.flatMap(([reason, applies]) => {
    const ids = own.filter(applies).map(({ manifest }) => manifest.id);
    return ids.length === 0 ? [] : [`${ids.length} ${ids.length === 1 ? "is" : "are"} ${reason} (${ids.join(", ")})`];
  });
}
