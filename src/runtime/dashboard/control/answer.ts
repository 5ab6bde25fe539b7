import { z } from "zod";
import { verdict } from "../promises/answer.js";

/**
 * What the supervisor of a running platform tells of drills and backups over its control socket, as far as `GET /admin/drills` and
 * `GET /admin/backups` pass it on. Pure data, shared with the browser: durations in milliseconds, moments in epoch milliseconds.
 */

const ms = z.number();
const objectives = z.object({ rto: ms.optional(), rpo: ms.optional() });

/** A drill in the list: without its series, which are long. */
const drillAnswer = z.object({
  id: z.string(),
  fault: z.string(),
  title: z.string(),
  state: z.enum(["running", "finished", "failed"]),
  /** Why it did not come to an end. */
  reason: z.string().optional(),
  startedAt: z.number(),
  finishedAt: z.number().optional(),
  /** The element whose promise was hit hardest; its figures stand for the drill. */
  subject: z.string().optional(),
  rto: ms.optional(),
  rpo: ms.optional(),
  verdict: verdict.optional(),
});

/** Counts of the steps that begin at `t`, since the start. */
const series = z.array(z.object({ t: ms, ok: z.number(), failed: z.number() }));

/** One drill whole, also while it runs. */
export const drillDetailAnswer = drillAnswer.extend({
  promised: objectives.optional(),
  predicted: objectives.optional(),
  measurements: z.array(
    objectives.extend({
      subject: z.string(),
      promised: objectives,
      predicted: objectives,
      verdict,
      underestimated: z.boolean(),
    }),
  ),
  findings: z.array(z.object({ what: z.string(), why: z.string() })),
  /** Times of single pieces of work, by the names that the predictions give them. */
  terms: z.array(z.object({ name: z.string(), value: ms, bytes: z.number().optional() })),
  acknowledged: z.number(),
  lost: z.number(),
  failed: z.number(),
  /** Chat requests, and writes straight to the database. */
  series,
  writes: series,
  events: z.array(z.object({ t: ms, what: z.string() })),
});

export const drillsAnswer = z.object({ drills: z.array(drillAnswer) });
export const wholeDrills = z.object({ drills: z.array(drillDetailAnswer) });
export const drillStarted = drillAnswer.pick({ id: true });
export const drillCancelled = z.object({ cancelling: z.boolean() });

export const backupsAnswer = z.object({
  /** Where they are kept. */
  place: z.string(),
  backups: z.array(
    z.object({
      id: z.string(),
      startedAt: z.number(),
      finishedAt: z.number(),
      /** Stored, packed and encrypted. */
      bytes: z.number(),
      encrypted: z.boolean(),
      rows: z.number(),
      /** When it was last restored and found equal. */
      verifiedAt: z.number().optional(),
      verification: z.object({ at: z.number(), valid: z.boolean(), findings: z.array(z.string()) }).optional(),
    }),
  ),
  damaged: z.array(z.object({ object: z.string(), why: z.string() })),
});

export type Drill = z.infer<typeof drillAnswer>;
export type DrillDetail = z.infer<typeof drillDetailAnswer>;
export type Backup = z.infer<typeof backupsAnswer>["backups"][number];
