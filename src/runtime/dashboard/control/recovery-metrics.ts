import { Gauge, type Registry } from "prom-client";
import { type RecoveryReport, recoveryStateSchema } from "../../../contracts/recovery.js";
import type { Control } from "./control.js";

/** A scrape must not wait for a supervisor that does not respond. */
const RESPONSE_TIMEOUT_MS = 5_000;

/** The value of a metric; undefined: the metric is absent. */
type Value = (report: RecoveryReport, now: number) => number | undefined;

const seconds = (now: number, at: number | undefined) => (at === undefined ? undefined : Math.max(0, now - at) / 1000);
const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value));

const GAUGES: Readonly<Record<string, readonly [help: string, value: Value]>> = {
  keelson_backups: ["Backups in the repository.", ({ backups }) => backups.count],
  keelson_backup_age_seconds: [
    "Seconds since the newest backup was complete.",
    ({ backups }, now) => seconds(now, backups.newest?.at),
  ],
  keelson_backup_verified_age_seconds: [
    "Seconds since the newest backup was complete whose restore was verified.",
    ({ backups }, now) => seconds(now, backups.newestValid?.at),
  ],
  keelson_backup_newest_valid: [
    "1 if the restore of the newest backup was verified, 0 if it failed; absent if it was not tried.",
    ({ backups }) => flag(backups.newest?.valid),
  ],
  keelson_backup_failing: [
    "1 since a backup failed or the repository is unreachable, until a backup succeeds, else 0.",
    ({ backups }) => Number(backups.failing !== undefined),
  ],
  keelson_database_log_backlog_files: [
    "Finished WAL files that are not archived.",
    ({ archive }) => archive?.backlog.files,
  ],
  keelson_database_log_backlog_bytes: ["Bytes of these files.", ({ archive }) => archive?.backlog.bytes],
  keelson_database_log_backlog_age_seconds: [
    "Seconds since the oldest of these files was finished; 0 if there is none.",
    ({ archive }, now) => (archive ? (seconds(now, archive.backlog.oldestAt) ?? 0) : undefined),
  ],
  keelson_database_size_bytes: ["Bytes of the database, without the WAL.", ({ database }) => database?.size],
  keelson_database_declared_size_bytes: ["The declared size of the database.", ({ database }) => database?.declared],
  keelson_database_disk_free_bytes: ["Bytes left on the disk of the database.", ({ database }) => database?.disk.free],
  keelson_database_disk_bytes: ["Size of the disk of the database.", ({ database }) => database?.disk.total],
};

/**
 * Registers the metrics of backups, WAL archive and database of a platform that `keelson up` supervises. They are absent while
 * the supervisor does not respond: an outdated value would be misleading.
 */
export function watchRecovery(metrics: Registry, control: Pick<Control, "json">): void {
  // The gauges of one scrape are collected at once and share one request.
  let pending: Promise<RecoveryReport | undefined> | undefined;
  const current = (): Promise<RecoveryReport | undefined> => {
    pending ??= read(control).finally(() => {
      pending = undefined;
    });
    return pending;
  };
  for (const [name, [help, value]] of Object.entries(GAUGES))
    new Gauge({
      name,
      help,
      registers: [metrics],
      async collect() {
        const report = await current();
        const now = report && value(report, Date.now());
        if (now === undefined) this.reset();
        else this.set(now);
      },
    });
}

async function read(control: Pick<Control, "json">): Promise<RecoveryReport | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), RESPONSE_TIMEOUT_MS);
  });
  const report = control.json(recoveryStateSchema, "GET", "/recovery").catch(() => undefined);
  return Promise.race([report, timeout]).finally(() => clearTimeout(timer));
}
