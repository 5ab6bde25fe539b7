import { z } from "zod";
import { listingSchema } from "../../../recovery/backup/listing.js";
import { resultSchema } from "../../../recovery/drills/result.js";

/**
 * What `GET /admin/drills` and `GET /admin/backups` pass on of what the supervisor tells. Pure data, shared with the browser:
 * durations in milliseconds, moments in epoch milliseconds.
 */

/** A drill in the list: without its series, which are long. */
export const drillAnswer = resultSchema.pick({
  id: true,
  fault: true,
  title: true,
  state: true,
  reason: true,
  startedAt: true,
  finishedAt: true,
  subject: true,
  rto: true,
  rpo: true,
  verdict: true,
});

export const drillsAnswer = z.object({ drills: z.array(drillAnswer) });

/** One drill whole, also while it runs. */
export const drillDetailAnswer = resultSchema;

export const drillStarted = resultSchema.pick({ id: true });

export const backupsAnswer = listingSchema;

export type Drill = z.infer<typeof drillAnswer>;
export type DrillDetail = z.infer<typeof drillDetailAnswer>;
export type Backup = z.infer<typeof backupsAnswer>["backups"][number];
