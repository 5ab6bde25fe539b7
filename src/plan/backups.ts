import { formatBytes, formatDuration } from "../platform-file/format.js";
import { many } from "../platform-file/one-or-many.js";
import type { Schedule } from "../platform-file/schedule.js";
import type { BackupsInput } from "../platform-file/schema/backups.js";
import type { Settings } from "../platform-file/schema/platform.js";
import { backupSpace } from "./backup-space.js";
import type { Scope } from "./origin.js";
import type { BackupSchedule, Backups, Bytes, ClusterBackups } from "./plan.js";

const WEEK = 7 * 86_400_000;

/**
 * Backups of a store with a data volume of `size` bytes. Only declared backups are taken; `check` reports a missing one.
 * `onVolume`: in a cluster they are written to a volume.
 */
export function planBackups(element: Scope, input: BackupsInput | undefined, size: Bytes, onVolume: boolean): Backups {
  const scope = element.at("backups");
  if (!input) element.recordDefault("backups", "no backup is declared");
  const any = input?.full ?? input?.log ?? input?.snapshot;
  if (any && !input?.to)
    scope.recordDefault("to", "no bucket is set, so backups are stored in a folder next to the data");
  const schedules = {
    full: planSchedule(scope, "full", input?.full),
    log: planSchedule(scope, "log", input?.log),
    snapshot: planSchedule(scope, "snapshot", input?.snapshot),
  };
  const space = backupSpace(size, schedules);
  return {
    path: scope.path,
    ...schedules,
    size:
      space && onVolume
        ? scope.bytes(
            "size",
            input?.size,
            space.bytes,
            `${space.copies} compressed copies of ${formatBytes(size)}, and WAL`,
          )
        : (input?.size ?? space?.bytes ?? 0),
    to: many(input?.to),
    encrypted: any
      ? scope.pick("encrypted", input?.encrypted, true, "a backup leaves the machine that holds the data")
      : (input?.encrypted ?? true),
  };
}

/** Backups of the cluster itself. */
export function planClusterBackups(cluster: Scope, input: NonNullable<Settings["cluster"]>["backups"]): ClusterBackups {
  const scope = cluster.at("backups");
  return {
    path: scope.path,
    objects: planSchedule(scope, "objects", input?.objects),
    etcd: planSchedule(scope, "etcd", input?.etcd),
    configuration: planSchedule(scope, "configuration", input?.configuration),
    to: many(input?.to),
  };
}

/** One schedule of backups, with the default of its retention. */
export function planSchedule(scope: Scope, key: string, input: Schedule | undefined): BackupSchedule | undefined {
  if (!input) return undefined;
  const scheduleScope = scope.at(key);
  return {
    path: scheduleScope.path,
    every: input.every,
    at: input.at,
    keep: scheduleScope.duration(
      "keep",
      input.keep,
      WEEK,
      `${formatDuration(WEEK)}: a mistake is detected within a week`,
    ),
  };
}
