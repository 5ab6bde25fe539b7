import { z } from "zod";
import { name, oneOrMany } from "./names.js";
import { bytes, schedule } from "./quantities.js";

/** Backups of a store and their retention. */
export const backups = z
  .strictObject({
    full: schedule.describe("Full backup, e.g. `daily keep 30d` or `at 01:00 keep 30d` (UTC)").optional(),
    log: schedule
      .describe("Maximum time until the write-ahead log is archived, e.g. `5m keep 7d`; limits the RPO")
      .optional(),
    snapshot: schedule.describe("Snapshot of the volume or of memory, e.g. `daily keep 7d`").optional(),
    to: oneOrMany(name).describe("Buckets for the backups; default: a directory beside the data").optional(),
    size: bytes
      .describe("Size of the volume for backups in the cluster; default: computed from size, interval and retention")
      .optional(),
    encrypted: z.boolean().describe("Encrypt backups before they leave the machine; default true").optional(),
  })
  .meta({ id: "backups" });

const MINUTE_MS = 60_000;

/** A schedule with an interval, which cron knows: nothing notices that the files of a volume change. */
const interval = schedule
  .refine(({ every }) => every > 0, {
    error: "write an interval, such as `daily` or `6h`: nothing notices that the files of a volume change",
  })
  .refine(({ every }) => every === 0 || every >= MINUTE_MS, {
    error: "write an interval of at least `1m`: Velero starts a backup once a minute at most",
  });

/** Backups of a persistent volume: copies of its files, or snapshots. One tool cannot take both of one volume. */
export const volumeBackups = z
  .strictObject({
    files: interval
      .describe("Copy of the files to the buckets of `to`, only changes after the first one, e.g. `daily keep 90d`")
      .optional(),
    snapshot: interval.describe("Snapshot by the storage of the cluster, e.g. `6h keep 7d`").optional(),
    to: oneOrMany(name).describe("Buckets for the backups; each gets a copy").optional(),
  })
  .refine(({ files, snapshot }) => files === undefined || snapshot === undefined, {
    error: "write `files` or `snapshot`: Velero takes one kind of backup of a volume",
  })
  .meta({ id: "volume-backups" });

export type VolumeBackupsInput = z.output<typeof volumeBackups>;
export type BackupsInput = z.output<typeof backups>;
