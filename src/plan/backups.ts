import { formatDuration } from "../platform-file/format.js";
import { many } from "../platform-file/one-or-many.js";
import type { Schedule } from "../platform-file/schedule.js";
import type { BackupsInput } from "../platform-file/schema/backups.js";
import type { Settings } from "../platform-file/schema/platform.js";
import type { Scope } from "./origin.js";
import type { BackupSchedule, Backups, ClusterBackups } from "./plan.js";

const WEEK = 7 * 86_400_000;

/** A store's copies. Nothing is copied that the file does not say: an unsaid backup is `check`'s to find. */
export function planBackups(element: Scope, written: BackupsInput | undefined): Backups {
  const scope = element.at("backups");
  if (!written) element.recordDefault("backups", "no backup is declared");
  const any = written?.full ?? written?.log ?? written?.snapshot;
  if (any && !written?.to) scope.recordDefault("to", "no bucket is named, so copies lie in a folder beside the data");
  return {
    path: scope.path,
    full: planSchedule(scope, "full", written?.full),
    log: planSchedule(scope, "log", written?.log),
    snapshot: planSchedule(scope, "snapshot", written?.snapshot),
    to: many(written?.to),
    encrypted: any
      ? scope.pick("encrypted", written?.encrypted, true, "a copy leaves the machine that guards the data")
      : (written?.encrypted ?? true),
  };
}

/** Copies of the cluster itself. */
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
    keep: own.duration("keep", written.keep, WEEK, `${formatDuration(WEEK)}: a mistake is noticed within a week`),
  };
}
