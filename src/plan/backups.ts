import { formatDuration } from "../platform-file/format.js";
import { many } from "../platform-file/one-or-many.js";
import type { Schedule } from "../platform-file/schedule.js";
import type { BackupsInput } from "../platform-file/schema/backups.js";
import type { Settings } from "../platform-file/schema/platform.js";
import type { Scope } from "./origin.js";
import type { BackupSchedule, Backups, ClusterBackups } from "./plan.js";

const WEEK = 7 * 86_400_000;

/** Backups of a store. Only declared backups are taken; `check` reports a missing one. */
export function planBackups(element: Scope, written: BackupsInput | undefined): Backups {
  const scope = element.at("backups");
  if (!written) element.recordDefault("backups", "no backup is declared");
  const any = written?.full ?? written?.log ?? written?.snapshot;
  if (any && !written?.to)
    scope.recordDefault("to", "no bucket is set, so backups are stored in a folder next to the data");
  return {
    path: scope.path,
    full: planSchedule(scope, "full", written?.full),
    log: planSchedule(scope, "log", written?.log),
    snapshot: planSchedule(scope, "snapshot", written?.snapshot),
    to: many(written?.to),
    encrypted: any
      ? scope.pick("encrypted", written?.encrypted, true, "a backup leaves the machine that holds the data")
      : (written?.encrypted ?? true),
  };
}

/** Backups of the cluster itself. */
export function planClusterBackups(
  cluster: Scope,
  written: NonNullable<Settings["cluster"]>["backups"],
): ClusterBackups {
  const scope = cluster.at("backups");
  return {
    path: scope.path,
    objects: planSchedule(scope, "objects", written?.objects),
    etcd: planSchedule(scope, "etcd", written?.etcd),
    configuration: planSchedule(scope, "configuration", written?.configuration),
    to: many(written?.to),
  };
}

function planSchedule(scope: Scope, key: string, written: Schedule | undefined): BackupSchedule | undefined {
  if (!written) return undefined;
  const own = scope.at(key);
  return {
    path: own.path,
    every: written.every,
    at: written.at,
    keep: own.duration("keep", written.keep, WEEK, `${formatDuration(WEEK)}: a mistake is detected within a week`),
  };
}
