import { cronInterval } from "./cron-interval.js";
import type { BackupSchedule, Backups, Bytes, Plan } from "./plan.js";
import { GiB } from "./sizes.js";
import { isUnit, isVolumeOwner, persistentVolumesOf, type VolumeOwner, volumeOwners } from "./velero.js";

/** Assumption: gzip halves a base backup, a snapshot and full WAL segments. Usage rows compress better. */
const COMPRESSED = 0.5;

/**
 * Compressed bytes of a WAL segment that was closed with few records in it. PostgreSQL fills the rest with zeros; 21 KiB
 * measured with PostgreSQL 17 and `gzip` (16 MiB before).
 */
const CLOSED_SEGMENT: Bytes = 32 * 1024;

/** A segment is closed after half of the interval, so that it is archived within it. */
const SEGMENTS_PER_INTERVAL = 2;

/** Assumption: a tenth of the files of a volume changes each day. They are not compressed: Velero does not by default. */
const DAILY_CHANGE = 0.1;
const DAY_MS = 86_400_000;

/** What backups of one store occupy where they are stored. */
export interface BackupSpace {
  /** The total, rounded up to GiB. */
  readonly bytes: Bytes;
  /** Whole backups that are stored at the same time: those that are retained, and the one that is written. */
  readonly copies: number;
  /** Archived WAL segments that are stored even if nothing is written. */
  readonly segments: number;
}

/**
 * The space that the declared backups of a store need, if its data volume of `size` bytes is full: compressed copies of
 * the data for the retention time, the WAL of as much new data as the volume holds, and the segments that the interval
 * closes. Retained WAL is as old as the oldest full backup that it belongs to. Undefined: no backup is declared.
 */
export function backupSpace(size: Bytes, backups: Pick<Backups, "full" | "log" | "snapshot">): BackupSpace | undefined {
  const { full, log, snapshot } = backups;
  if (!full && !log && !snapshot) return undefined;
  const copies = [full, snapshot].reduce((total, schedule) => total + (schedule ? copiesOf(schedule) : 0), 0);
  const retained = log ? Math.max(log.keep, full?.every ?? 0) + (full?.every ?? 0) : 0;
  const segments = log ? Math.ceil((retained * SEGMENTS_PER_INTERVAL) / Math.max(1, log.every)) : 0;
  // The WAL of new rows is about twice their size: their index entries and full page images are written as well.
  const written = log ? 2 * size : 0;
  const bytes = (copies * size + written) * COMPRESSED + segments * CLOSED_SEGMENT;
  return { bytes: Math.ceil(bytes / GiB) * GiB, copies, segments };
}

/** In a cluster more copies than declared may be taken, where cron does not know the interval. */
function copiesOf({ every, keep }: BackupSchedule): number {
  return Math.floor(keep / Math.max(1, Math.min(every, cronInterval(every)))) + 2;
}

/** The space that a bucket needs for the backups that stores and volumes send to it, in bytes; 0 if none does. */
export function bucketSpace(bucket: string, plan: Pick<Plan, "stores" | "units">): Bytes {
  const ofStores = plan.stores
    .filter((store) => !isVolumeOwner(store) && store.provider.sendsTo.includes(bucket))
    .map(({ size, backups }) => backupSpace(size, backups)?.bytes ?? 0);
  return [...ofStores, ...volumeOwners(plan).map((owner) => volumeSpace(bucket, owner))].reduce(
    (total, bytes) => total + bytes,
    0,
  );
}

/** Copies of the files of every replica, or of a bucket: all of them once, and for each day of the retention what changed. */
function volumeSpace(bucket: string, owner: VolumeOwner): Bytes {
  const bytes = persistentVolumesOf(owner).map(({ size, backups: { files, taker } }) =>
    files && taker.kind === "velero" && taker.sendsTo.includes(bucket)
      ? size * (1 + DAILY_CHANGE * Math.ceil(files.keep / DAY_MS))
      : 0,
  );
  const replicas = isUnit(owner) ? owner.replicas.max : 1;
  return Math.ceil((replicas * bytes.reduce((total, each) => total + each, 0)) / GiB) * GiB;
}
