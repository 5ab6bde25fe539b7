import { z } from "zod";

/**
 * What the supervisor of a running platform tells of drills and backups, as `GET /admin/drills` and `GET /admin/backups` pass it
 * on. Loose: it may tell more than is read here. Pure data, shared with the browser.
 */

/** Milliseconds, epoch milliseconds for moments. */
const time = z.number();
const measured = time.nullish();

export const drillVerdict = z.enum(["kept", "broken", "unknown", "not-promised"]);

export const drillAnswer = z.looseObject({
  id: z.string(),
  fault: z.string(),
  subject: z.string().nullish(),
  state: z.enum(["running", "finished", "failed"]).optional(),
  startedAt: time,
  finishedAt: time.nullish(),
  rto: measured,
  rpo: measured,
  verdict: drillVerdict.nullish(),
  reason: z.string().nullish(),
});

const objectives = z.object({ rto: measured, rpo: measured }).nullish();

export const drillDetailAnswer = drillAnswer.extend({
  promised: objectives,
  predicted: objectives,
  /** Requests answered and failed in the time that begins `t` milliseconds after the start. */
  series: z.array(z.object({ t: time, ok: z.number(), failed: z.number() })).default([]),
  events: z.array(z.object({ t: time, what: z.string() })).default([]),
  acknowledged: z.number().nullish(),
  lost: z.number().nullish(),
});

export const drillsAnswer = z.looseObject({ drills: z.array(drillAnswer) });
export const drillStarted = z.looseObject({ id: z.string() });

export const backupAnswer = z.looseObject({
  id: z.string(),
  startedAt: time.nullish(),
  finishedAt: time.nullish(),
  bytes: z.number().nullish(),
  verifiedAt: time.nullish(),
});

export const backupsAnswer = z.looseObject({ backups: z.array(backupAnswer) });

export type Drill = z.infer<typeof drillAnswer>;
export type DrillDetail = z.infer<typeof drillDetailAnswer>;
export type Backup = z.infer<typeof backupAnswer>;
