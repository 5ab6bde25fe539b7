import { z } from "zod";

/** Backups, as the control API, the admin API and `keelson backups --json` write them. Points in time are epoch milliseconds. */

export const backupSchema = z.object({
  id: z.string(),
  platform: z.string(),
  startedAt: z.number(),
  finishedAt: z.number(),
  /** Stored bytes of the files, compressed and encrypted. */
  bytes: z.number(),
  /** Bytes of the data directory. */
  size: z.number(),
  encrypted: z.boolean(),
  /** Whether it was written by a holder of the platform's identity; only `authenticated` backups are restored automatically. */
  origin: z.enum(["authenticated", "unauthenticated", "other-key", "not-checked"]),
  /** Whether the identity at hand decrypts it. */
  opens: z.boolean(),
  tables: z.number(),
  rows: z.number(),
  /** When the backup was last restored and compared equal; absent if it never was. */
  verifiedAt: z.number().optional(),
  verification: z
    .object({
      at: z.number(),
      valid: z.boolean(),
      findings: z.array(z.string()),
      /** Tables that were read in the restored copy but not compared with the source; absent if all were compared. */
      notCompared: z.array(z.string()).optional(),
      restoreMs: z.number(),
      replayMs: z.number(),
    })
    .optional(),
});

/** Backups in the catalogue, oldest first. */
export const backupListSchema = z.object({
  /** The folder or `s3://bucket/prefix` that contains them. */
  place: z.string(),
  backups: z.array(backupSchema),
  damaged: z.array(z.object({ object: z.string(), why: z.string() })),
  /** Backups without a manifest: in progress, or interrupted. The next backup of that database removes interrupted ones. */
  incomplete: z.array(z.object({ name: z.string(), bytes: z.number(), modified: z.number() })),
});

/** The body of `POST /admin/backups`. */
export const backupRequestSchema = z.strictObject({
  verify: z.boolean().default(true).meta({ description: "Restore the backup and compare it, which makes it valid." }),
});

/** A backup or a verification that was requested, and its outcome. It continues after the response. */
export const requestedWorkSchema = z.object({
  kind: z.enum(["backup", "verification"]),
  /** The backup; absent while it is being taken. */
  backup: z.string().optional(),
  startedAt: z.number(),
  /** Absent while it runs. */
  finishedAt: z.number().optional(),
  state: z.enum(["running", "finished", "failed"]),
  /** The result of the verification; absent if there was none. */
  valid: z.boolean().optional(),
  /** Why it failed. */
  reason: z.string().optional(),
});

export type RequestedWork = z.infer<typeof requestedWorkSchema>;
export type ListedBackup = z.infer<typeof backupSchema>;
export type BackupList = z.infer<typeof backupListSchema>;
