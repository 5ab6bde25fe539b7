import { z } from "zod";

/**
 * A restore in place, as the control API writes it: what it would do (`POST /restore/preview`), how far it is
 * (`GET /restore`), and its result (`POST /restore`). Durations are in milliseconds, points in time in epoch milliseconds
 * whose fractions count to the microsecond.
 */

const milliseconds = z.number().nonnegative();
const epochMilliseconds = z.number();

/** The body of `POST /restore` and `POST /restore/preview`. */
export const restoreRequestSchema = z.object({
  /** A backup, or `latest`. */
  id: z.string(),
  /** The state at this time; absent: everything that is archived. */
  at: epochMilliseconds.optional(),
  /** The timeline to follow; by default the one that was current at `at`, or the newest one that the backup leads to. */
  timeline: z.number().int().positive().optional(),
  /** The id of a backup that is restored although nothing proves that the platform has written it. */
  acceptUnauthenticated: z.string().optional(),
});

export type RestoreRequest = z.infer<typeof restoreRequestSchema>;

/** What a restore in place would do now. Nothing has been fetched or stopped. */
export const restorePreviewSchema = z.object({
  backup: z.object({
    id: z.string(),
    finishedAt: epochMilliseconds,
    /** Bytes of the data directory. */
    size: z.number(),
    /** Bytes to fetch. */
    bytes: z.number(),
    /** The result of its last verification; absent if it was never verified. */
    valid: z.boolean().optional(),
  }),
  at: epochMilliseconds.optional(),
  /** The newest write that the restored database would contain. */
  newestData: epochMilliseconds,
  /** Every write of this last period is lost; 0: none. */
  lostMs: milliseconds,
  /** Absent if no backup of this database was verified yet: nothing was measured. */
  estimate: z
    .object({
      /** Fetching and unpacking, while the platform serves. */
      preparationMs: milliseconds,
      /** From the stop of the platform until it is ready again. */
      unavailableMs: milliseconds,
      /** The backup whose verification was measured. */
      measuredOn: z.string(),
    })
    .optional(),
});

export type RestorePreview = z.infer<typeof restorePreviewSchema>;

/**
 * The steps of a restore in place, in order. The platform serves until `stop`.
 *
 * - `choose`: find the backup and check that the WAL archive reaches the target.
 * - `fetch`: fetch, check and unpack the backup.
 * - `archive`: archive the newest WAL segment.
 * - `stop`: stop every process, dependents first.
 * - `replace`: fetch the WAL, and move the restored data directory into place.
 * - `start`: replay the WAL and start every process.
 * - `roll-back`: put the previous data directory back, because the server could not recover.
 */
export const RESTORE_STEPS = ["choose", "fetch", "archive", "stop", "replace", "start", "roll-back"] as const;

export type RestoreStepName = (typeof RESTORE_STEPS)[number];

export const restoreProgressSchema = z.object({
  request: restoreRequestSchema,
  /** The chosen backup; absent before `choose` has finished. */
  backup: z.string().optional(),
  startedAt: epochMilliseconds,
  /** Absent while it runs. */
  finishedAt: epochMilliseconds.optional(),
  state: z.enum(["running", "finished", "failed"]),
  /** Why it failed. */
  reason: z.string().optional(),
  /** The steps that have started, in order; the last one is in progress while `state` is `running`. */
  steps: z.array(
    z.object({
      name: z.enum(RESTORE_STEPS),
      startedAt: epochMilliseconds,
      tookMs: milliseconds.optional(),
      /** Of `fetch`: the bytes received, and all bytes to receive. */
      bytes: z.object({ done: z.number(), total: z.number() }).optional(),
    }),
  ),
});

export type RestoreProgress = z.infer<typeof restoreProgressSchema>;

/** The body of `GET /restore`: the restore in progress, or else the last one since the platform started. */
export const lastRestoreSchema = z.object({ restore: restoreProgressSchema.optional() });

/** The result of `POST /restore`. */
export const restoredSchema = z.object({
  id: z.string(),
  /** Where the previous data directory is kept. */
  kept: z.string().optional(),
  tookMs: milliseconds,
});
