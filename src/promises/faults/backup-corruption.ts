import type { Database, Plan } from "../../plan/plan.js";
import { isDatabase } from "../../plan/stores/index.js";
import { formatDuration } from "../../platform-file/format.js";
import { backupUnverified } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, sum, unbounded } from "../prediction.js";
import { restoreOlderBackup } from "../runbooks/stores.js";
import { taken } from "../subjects.js";
import { backupTaken, interval, restoreInVain, segmentUploaded } from "../terms/store.js";
import { lostSinceBackup, restoreFromBackup } from "./database-loss.js";

/** The database is lost and its newest full backup cannot be read: what is left is the one before it. */
export const backupCorruption = defineFault<Database>({
  id: "backup-corruption",
  title: "The database is lost and its newest full backup cannot be read",
  subjects: (plan) => plan.stores.filter((store) => isDatabase(store)).filter(hasBase),
  rpo: lostSinceOlderBackup,
  rto: restoreFromOlderBackup,
  alert: backupUnverified,
  runbook: restoreOlderBackup,
  drill: "backup-corruption",
});

/** Without any base `database-loss` has said all there is to say. */
function hasBase(database: Database): boolean {
  return taken(database).full !== undefined;
}

/**
 * With log shipping nothing more is lost, if the log reaches back to the older backup. If it does not, the older
 * backup is all there is, and it is two intervals old.
 */
function lostSinceOlderBackup(database: Database, plan: Plan): Prediction {
  const { full, log } = taken(database);
  if (!full) return lostSinceBackup(database, plan);
  const needed = full.every * 2;
  if (full.keep < needed) {
    return unbounded(
      plan,
      full.path,
      `a full backup of ${database.name} is kept for ${formatDuration(full.keep)} and made every ${formatDuration(full.every)}, so there may be no second one`,
      { advice: `keep full backups for at least ${formatDuration(needed)}` },
    );
  }
  if (log && log.keep >= needed) {
    return bounded(plan, log.path, [interval("log shipping interval", log, plan), segmentUploaded(database)]);
  }
  return bounded(plan, full.path, [interval("the backup before the newest", full, plan, 2), backupTaken(database)]);
}

/** The newest is tried in vain, then the older one is restored, with twice the log to replay. */
function restoreFromOlderBackup(database: Database, plan: Plan): Prediction {
  const { full } = taken(database);
  if (!full) return restoreFromBackup(database, plan);
  const restore = restoreFromBackup(database, plan, full.every * 2);
  if (restore.kind !== "bounded") return restore;
  const terms = [...restore.terms, restoreInVain(database)];
  return { kind: "bounded", total: sum(terms), terms };
}
