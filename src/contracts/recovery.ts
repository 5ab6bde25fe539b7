import { z } from "zod";
import { requestedWorkSchema } from "./backups.js";

/**
 * The state of backups and of the WAL archive of a running platform: `GET /admin/recovery`, `GET /recovery` of the control API,
 * and a part of `keelson status --json`. Durations are in milliseconds, points in time in epoch milliseconds, sizes in bytes.
 */

const milliseconds = z.number();
const epochMilliseconds = z.number();
const bytes = z.number();

export const failureSchema = z.object({ what: z.string(), since: epochMilliseconds, reason: z.string() });

export const backupsStateSchema = z.object({
  /** The folder or `s3://bucket/prefix` that contains them. */
  place: z.string(),
  /** Absent while the repository is unreachable; `failing` has the reason. */
  count: z.number().optional(),
  /** Backups that the platform cannot restore: encrypted or authenticated with another identity; absent if there are none. */
  unusable: z.number().optional(),
  /** The newest backup that the platform can restore. */
  newest: z.object({ id: z.string(), at: epochMilliseconds, valid: z.boolean().optional() }).optional(),
  /** The newest backup whose restore was verified. */
  newestValid: z.object({ id: z.string(), at: epochMilliseconds }).optional(),
  /** When the next full backup of the schedule is due. */
  next: epochMilliseconds.optional(),
  /** The work in progress, as text. */
  busy: z.string().optional(),
  /** The last backup or verification that was requested since the platform started. */
  requested: requestedWorkSchema.optional(),
  failing: failureSchema.optional(),
});

export const archiveStateSchema = z.object({
  archived: z.number(),
  last: z.object({ name: z.string(), at: epochMilliseconds }).optional(),
  failing: failureSchema.optional(),
  /** Finished WAL files that are not archived: the loss of the database would lose what is in them. */
  backlog: z.object({ files: z.number(), bytes, oldestAt: epochMilliseconds.optional() }),
});

export const databaseStateSchema = z.object({
  /** Name of the store. */
  name: z.string(),
  /** Bytes of its data, without the WAL. */
  size: bytes,
  /** The size that the platform file declares, or its default. */
  declared: bytes,
  /** Directories of tablespaces outside its data directory, as the server names them; no backup can be taken while there are some. */
  tablespaces: z.array(z.string()).optional(),
  /** The file system that holds its data directory. */
  disk: z.object({ free: bytes, total: bytes }),
});

/** What the verification of a backup measured: it is a restore, without clients. */
export const measuredRestoreSchema = z.object({
  backup: z.string(),
  at: epochMilliseconds,
  /** Bytes of the data. */
  size: bytes,
  /** Fetching and unpacking. */
  restoreMs: milliseconds,
  /** From the start of the server until it has replayed the WAL. */
  replayMs: milliseconds,
});

/** Something that needs attention. `degraded`: a promise about recovery does not hold at present. */
export const problemSchema = z.object({ severity: z.enum(["degraded", "warning"]), what: z.string() });

export const recoveryStateSchema = z.object({
  backups: backupsStateSchema,
  /** Absent if the platform file declares no WAL archive. */
  archive: archiveStateSchema.optional(),
  /** Absent if the plan has no database of the modules, or while its data directory does not exist. */
  database: databaseStateSchema.optional(),
  /** Of the newest verified backup. */
  measured: measuredRestoreSchema.optional(),
  problems: z.array(problemSchema),
});

export type RecoveryReport = z.infer<typeof recoveryStateSchema>;
export type Problem = z.infer<typeof problemSchema>;
