import type { BackupSchedule, Plan } from "../../plan/plan.js";
import type { DatabaseStore } from "../../plan/stores/index.js";
import { formatDuration } from "../../platform-file/format.js";
import { backupUnverified, volumeBackupsTooOld } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, sum, unbounded } from "../prediction.js";
import { restoreOlderBackup } from "../runbooks/stores.js";
import { restoreBucket, restoreVolume } from "../runbooks/volumes.js";
import { type StoredVolume, takenBackups, volumeOf } from "../subjects.js";
import { isAssessed, isBackedUp } from "../terms/bucket.js";
import { backupDuration, backupInterval, failedRestoreAttempt, segmentUpload } from "../terms/store.js";
import { lostSinceVolumeBackup, takenSchedule, volumeRestore } from "../terms/volume.js";
import { lostSinceBackup, restoreFromBackup } from "./database-loss.js";

/** A database, a volume or a bucket is lost and its newest backup cannot be read: recovery starts from the backup before it. */
export const backupCorruption = defineFault({
  id: "backup-corruption",
  title: "Data is lost and its newest backup cannot be read",
  includes: ["database-loss", "volume-loss", "bucket-loss"],
  on: {
    database: {
      // Without a full backup `database-loss` is already the worst case.
      affects: (database) => takenBackups(database).full !== undefined,
      rpo: lostSinceOlderBackup,
      rto: restoreFromOlderBackup,
      alert: backupUnverified,
      runbook: restoreOlderBackup,
    },
    cache: undefined,
    broker: undefined,
    bucket: {
      // Without a backup `bucket-loss` is already the worst case.
      affects: (bucket, plan) => isBackedUp(bucket) && isAssessed(bucket, plan),
      rto: (bucket, plan) => restoreFromOlderCopy(volumeOf(bucket), plan),
      rpo: (bucket, plan) => lostSinceOlderCopy(volumeOf(bucket), plan),
      alert: (bucket, plan) => volumeBackupsTooOld(volumeOf(bucket), plan),
      runbook: restoreBucket,
    },
    entrance: undefined,
    unit: undefined,
    model: undefined,
    volume: {
      // Without a backup `volume-loss` is already the worst case.
      affects: ({ volume }) => takenSchedule(volume) !== undefined,
      rto: restoreFromOlderCopy,
      rpo: lostSinceOlderCopy,
      alert: volumeBackupsTooOld,
      runbook: restoreVolume,
    },
    platform: undefined,
  },
  drill: { kind: "keelson", name: "backup-corruption" },
});

/**
 * With archived WAL no more is lost, if the archive reaches back to the older backup. Otherwise the older backup is
 * restored alone, and it is up to two intervals old.
 */
function lostSinceOlderBackup(database: DatabaseStore, plan: Plan): Prediction {
  const { full, log } = takenBackups(database);
  if (!full) return lostSinceBackup(database, plan);
  const needed = full.every * 2;
  if (full.keep < needed) {
    return unbounded(
      plan,
      full.path,
      `full backups of ${database.name} are retained for ${formatDuration(full.keep)} and taken every ${formatDuration(full.every)}, so there may be no second one`,
      { advice: `keep full backups for at least ${formatDuration(needed)}` },
    );
  }
  if (log && log.keep >= needed) {
    return bounded(plan, log.path, [backupInterval("log shipping interval", log, plan), segmentUpload(database)]);
  }
  return bounded(plan, full.path, [
    backupInterval("age of the backup before the newest", full, plan, 2),
    backupDuration(database),
  ]);
}

/** The copy before the newest has to exist. */
function lostSinceOlderCopy(subject: StoredVolume, plan: Plan): Prediction {
  const schedule = takenSchedule(subject.volume);
  if (!schedule || schedule.keep >= schedule.every * 2) return lostSinceVolumeBackup(subject, plan, "volume", 2);
  return onlyOneBackup(subject.name, schedule, plan);
}

/** The restore of the newest copy fails as late as possible, and is started again. */
function restoreFromOlderCopy(subject: StoredVolume, plan: Plan): Prediction {
  const restore = volumeRestore(subject, plan, "volume");
  if (restore.kind !== "bounded") return restore;
  const again = restore.terms.filter(({ work }) => work !== undefined && work.bytes !== undefined);
  const failed = again.map((term) => ({ ...term, name: "failed restore of the newest backup" }));
  return { kind: "bounded", total: sum([...restore.terms, ...failed]), terms: [...restore.terms, ...failed] };
}

function onlyOneBackup(name: string, { path, keep, every }: BackupSchedule, plan: Plan): Prediction {
  return unbounded(
    plan,
    path,
    `backups of ${name} are retained for ${formatDuration(keep)} and taken every ${formatDuration(every)}, so there may be no second one`,
    { advice: `keep backups for at least ${formatDuration(every * 2)}` },
  );
}

/** The restore of the newest backup fails, then the older one is restored, with twice the WAL to replay. */
function restoreFromOlderBackup(database: DatabaseStore, plan: Plan): Prediction {
  const { full } = takenBackups(database);
  if (!full) return restoreFromBackup(database, plan);
  const restore = restoreFromBackup(database, plan, { logAge: full.every * 2 });
  if (restore.kind !== "bounded") return restore;
  const terms = [...restore.terms, failedRestoreAttempt(database)];
  return { kind: "bounded", total: sum(terms), terms };
}
