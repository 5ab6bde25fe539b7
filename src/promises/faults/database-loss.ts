import type { Database, Plan } from "../../plan/plan.js";
import { isDatabase } from "../../plan/stores/index.js";
import { dataUnsafe } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { bounded, unbounded, unknown } from "../prediction.js";
import { restoreDatabase } from "../runbooks/stores.js";
import { restoreBase, taken } from "../subjects.js";
import { lostWithData } from "../terms/server.js";
import {
  interval,
  logFetched,
  noticed,
  provisioned,
  reconnected,
  replayed,
  response,
  restored,
  segmentUploaded,
} from "../terms/store.js";

/** The database's storage is gone: every replica, not only the primary. What is left is the newest backup. */
export const databaseLoss = defineFault<Database>({
  id: "database-loss",
  title: "The database's storage is gone on every server",
  subjects: (plan) => plan.stores.filter(isDatabase),
  rpo: (database, plan) => lostSinceBackup(database, plan),
  rto: (database, plan) => restoreFromBackup(database, plan),
  alert: dataUnsafe,
  runbook: restoreDatabase,
  drill: "database-loss",
});

/** Worst case: the loss comes just before the next log segment (or backup) would have been safe. */
export function lostSinceBackup(database: Database, plan: Plan): Prediction {
  const { log, full } = taken(database);
  if (log && full) {
    return bounded(plan, log.path, [interval("log shipping interval", log, plan), segmentUploaded(database)]);
  }
  if (log) {
    return unbounded(
      plan,
      log.path,
      `the log of ${database.name} is shipped, but there is no full backup to replay it on`,
      {
        advice: "add a full backup",
        edits: [{ path: `${database.path}.backups.full`, value: "daily keep 7d" }],
      },
    );
  }
  return lostWithData(database, plan);
}

/** A new server, the backup, and the log since. `logAge`: how long ago the base was taken, at most one interval unless said. */
export function restoreFromBackup(database: Database, plan: Plan, logAge?: number): Prediction {
  const { log, path } = taken(database);
  const base = restoreBase(database);
  if (!base) return unbounded(plan, path, `there is no backup to restore ${database.name} from`);
  const age = logAge ?? base.every;
  const responded = response(plan);
  if (!responded) {
    return unknown(plan, "observe.metrics", `no metrics are kept, so nobody is told that ${database.name} is lost`);
  }
  return bounded(plan, database.path, [
    ...noticed(database, plan),
    ...responded,
    provisioned(database),
    restored(database),
    ...(log ? [logFetched(database, log, age), replayed(database, age)] : []),
    reconnected(),
  ]);
}
