import type { Milliseconds, Plan } from "../../plan/plan.js";
import { type Alert, backupsTooOld, storeDown } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, unbounded } from "../prediction.js";
import { restoreDatabase } from "../runbooks/stores.js";
import { restoreBase, type Server, takenBackups } from "../subjects.js";
import { lostWithStorage } from "../terms/server.js";
import {
  addressChange,
  backupInterval,
  backupRestore,
  clientReconnect,
  logFetch,
  logReplay,
  onCallResponse,
  segmentUpload,
  serverProvisioning,
  storeDetection,
  unnoticed,
} from "../terms/store.js";

/** Every copy of the database's storage is lost, replicas included. Recovery starts from the newest backup. */
export const databaseLoss = defineFault({
  id: "database-loss",
  title: "The database's storage is lost on every server",
  includes: [],
  on: {
    database: {
      rpo: lostSinceBackup,
      rto: (database, plan) => restoreFromBackup(database, plan),
      alert: backupsTooOld,
      runbook: restoreDatabase,
    },
    cache: undefined,
    broker: undefined,
    bucket: undefined,
    entrance: undefined,
    unit: undefined,
    model: undefined,
    volume: undefined,
    platform: undefined,
  },
  drill: { kind: "keelson", name: "database-loss" },
});

/** Worst case: the storage is lost just before the next WAL segment (or backup) is stored. */
export function lostSinceBackup(database: Server, plan: Plan): Prediction {
  const { log, full } = takenBackups(database);
  if (log && full) {
    return bounded(plan, log.path, [backupInterval("log shipping interval", log, plan), segmentUpload(database)]);
  }
  if (log) {
    return unbounded(
      plan,
      log.path,
      `the WAL of ${database.name} is archived, but there is no full backup to replay it on`,
      {
        advice: "add a full backup",
        edits: [{ path: `${database.path}.backups.full`, value: "daily keep 7d" }],
      },
    );
  }
  return lostWithStorage(database, plan);
}

/** What differs from the restore of a database whose storage is lost. */
interface RestoreOptions {
  /** The age of the restored backup: at most one backup interval if omitted. */
  readonly logAge?: Milliseconds;
  /** The alert that the restore waits for: that the database is unavailable if omitted. */
  readonly alert?: Alert;
}

/** A new server, the backup, then the WAL archived since. */
export function restoreFromBackup(
  database: Server,
  plan: Plan,
  { logAge, alert = storeDown(database, plan) }: RestoreOptions = {},
): Prediction {
  const { log, path } = takenBackups(database);
  const base = restoreBase(database);
  if (!base) return unbounded(plan, path, `there is no backup to restore ${database.name} from`);
  const age = logAge ?? base.every;
  const response = onCallResponse(plan, alert);
  if (!response) return unnoticed(plan, `of the loss of ${database.name}`);
  return bounded(plan, database.path, [
    ...storeDetection(database, plan),
    ...response,
    serverProvisioning(database),
    backupRestore(database),
    ...(log ? [logFetch(database, log, age), logReplay(database, age)] : []),
    ...(database.provider.kind === "embedded" ? [] : [addressChange(database)]),
    clientReconnect(),
  ]);
}
