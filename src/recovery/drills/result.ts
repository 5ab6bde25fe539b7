import { z } from "zod";
import { verdicts } from "../../promises/verdict.js";

const verdict = z.enum(verdicts);
const milliseconds = z.number();

const termSchema = z.object({ name: z.string(), value: milliseconds, bytes: z.number().optional() });

/** What was measured of one element of the plan, held against what was promised and predicted of it. */
const assessmentSchema = z.object({
  subject: z.string(),
  rto: milliseconds.optional(),
  rpo: milliseconds.optional(),
  promised: z.object({ rto: milliseconds.optional(), rpo: milliseconds.optional() }),
  /** Absent where the prediction is unbounded or unknown. */
  predicted: z.object({ rto: milliseconds.optional(), rpo: milliseconds.optional() }),
  verdict,
  /** It took longer, or cost more, than was predicted: the prediction is wrong. */
  underestimated: z.boolean(),
});

const strikeSchema = z.object({
  what: z.string(),
  /** Epoch milliseconds. */
  at: z.number(),
  subjects: z.array(z.string()),
  seenBy: z.enum(["request", "write"]),
  /** Seen by clients; absent when it never came back. */
  rto: milliseconds.optional(),
  rpo: milliseconds.optional(),
  /** From the last segment of the log that was stored to the fault: what the loss of the database can cost in this moment. */
  sinceShipped: milliseconds.optional(),
  /** What probes saw of subjects that those clients do not ask; `rto` is absent for one that never came back. */
  probed: z.array(z.object({ subject: z.string(), rto: milliseconds.optional() })).default([]),
  failed: z.number(),
  acknowledged: z.number(),
  lost: z.number(),
});

export const resultSchema = z.object({
  id: z.string(),
  fault: z.string(),
  title: z.string(),
  platform: z.string(),
  environment: z.string(),
  state: z.enum(["running", "finished", "failed"]),
  /** Why it did not come to an end: cancelled, or an error. */
  reason: z.string().optional(),
  startedAt: z.number(),
  finishedAt: z.number().optional(),
  /** The element whose promise was hit hardest; its figures stand for the drill. */
  subject: z.string().optional(),
  rto: milliseconds.optional(),
  rpo: milliseconds.optional(),
  promised: z.object({ rto: milliseconds.optional(), rpo: milliseconds.optional() }).optional(),
  predicted: z.object({ rto: milliseconds.optional(), rpo: milliseconds.optional() }).optional(),
  verdict: verdict.optional(),
  measurements: z.array(assessmentSchema),
  strikes: z.array(strikeSchema),
  findings: z.array(z.object({ what: z.string(), why: z.string() })),
  /** Times of single pieces of work, by the names that the predictions give them. */
  terms: z.array(termSchema),
  acknowledged: z.number(),
  lost: z.number(),
  failed: z.number(),
  load: z.object({ requests: z.number(), writes: z.number(), steadyMs: milliseconds, model: z.string() }),
  /** Chat requests, in steps of a quarter of a second; `t` in milliseconds since the start. */
  series: z.array(z.object({ t: z.number(), ok: z.number(), failed: z.number() })),
  /** Writes straight to the database, likewise. */
  writes: z.array(z.object({ t: z.number(), ok: z.number(), failed: z.number() })),
  events: z.array(z.object({ t: z.number(), what: z.string() })),
  versions: z.object({ keelson: z.string(), postgres: z.string(), node: z.string(), system: z.string() }),
});

/** A drill, while it runs and afterwards; `result.json`. */
export type DrillResult = z.infer<typeof resultSchema>;
export type DrillAssessment = z.infer<typeof assessmentSchema>;
export type DrillStrike = z.infer<typeof strikeSchema>;
export type DrillTerm = z.infer<typeof termSchema>;
