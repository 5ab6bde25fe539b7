import { z } from "zod";
import { page } from "./fields.js";
import { VERDICTS } from "./verdict.js";

/**
 * Drills, as `result.json`, the control API, `keelson drill --json` and the admin API write them. Durations are in
 * milliseconds, points in time in epoch milliseconds. Pure data, shared with the browser.
 */

const milliseconds = z.number();
const epochMilliseconds = z.number();
const verdict = z.enum(VERDICTS);

/**
 * What a drill measured for one objective.
 *
 * - `measured`: the recovery time, or the age of the newest lost write.
 * - `never-recovered`: the wait ended after `afterMs` without recovery. It breaks any promise.
 * - `not-applicable`: there was nothing to measure. It is no evidence, and does not replace an older measurement.
 */
export const outcomeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("measured"), ms: milliseconds }),
  z.object({ kind: z.literal("never-recovered"), afterMs: milliseconds }),
  z.object({ kind: z.literal("not-applicable"), reason: z.string().optional() }),
]);

export type Outcome = z.infer<typeof outcomeSchema>;

/** Absent where nothing is promised, or where the prediction is unbounded or unknown. */
const objectives = z.object({ rto: milliseconds.optional(), rpo: milliseconds.optional() });

/** The time that one step of the recovery took, named as the term of the prediction. */
const measuredTerm = z.object({
  name: z.string(),
  value: milliseconds,
  /** Bytes that the step processed. */
  bytes: z.number().optional(),
});

/** What was measured for one element of the plan, compared with what is promised and predicted. */
const measurement = z.object({
  subject: z.string(),
  rto: outcomeSchema,
  rpo: outcomeSchema,
  promised: objectives,
  predicted: objectives,
  verdict,
  /** The measurement exceeds the prediction: the prediction is wrong. */
  underestimated: z.boolean(),
});

/** One injected fault and what the clients of the drill observed. */
const injectedFault = z.object({
  /** What was injected: `kill -9 of the PostgreSQL server`. */
  description: z.string(),
  injectedAt: epochMilliseconds,
  subjects: z.array(z.string()),
  /** The clients whose failures define the outage: chat requests, or writes to the database. */
  observedBy: z.enum(["request", "write"]),
  rto: outcomeSchema,
  rpo: outcomeSchema,
  /** From the last archived WAL segment to the fault: the writes that a loss of the database at this moment loses. */
  sinceArchivedMs: milliseconds.optional(),
  /** RTO of the subjects that have a probe of their own, because neither chat requests nor writes reach them. */
  probes: z.array(z.object({ subject: z.string(), rto: outcomeSchema })),
  failed: z.number(),
  acknowledged: z.number(),
  lost: z.number(),
});

/** Counts per interval; `t` is the start of the interval, in milliseconds since the drill started. */
const series = z.array(z.object({ t: milliseconds, ok: z.number(), failed: z.number() }));

/** A fault that a drill can inject into the running platform, and what that costs. Estimates are worst cases. */
export const drillFaultEstimateSchema = z.object({
  fault: z.string(),
  title: z.string(),
  /** Seconds without service after the fault; absent if the prediction is unbounded or unknown. */
  unavailableSeconds: z.number().optional(),
  /** Absent for a drill that loses no acknowledged data. */
  dataLoss: z
    .object({
      /** `acknowledged writes to database since the newest archived WAL segment` */
      loses: z.string(),
      /** The acknowledged writes of this many seconds are lost. */
      estimatedSeconds: z.number(),
      /** The usage records among them, at the rate of the last minute; absent while the database does not respond. */
      estimatedRecords: z.number().optional(),
    })
    .optional(),
});

/** `GET /drills/faults` of the control API and `GET /admin/drills/faults`. */
export const drillFaultEstimatesSchema = z.object({ faults: z.array(drillFaultEstimateSchema) });

/** The measurements of `cancelled` and `failed` drills are not used. */
export const drillState = z.enum(["running", "finished", "failed", "cancelled"]);

/** A drill as an entry of a list, without its measurements, time series and events. */
export const drillSummarySchema = z.object({
  id: z.string(),
  fault: z.string(),
  title: z.string(),
  state: drillState,
  /** Why it failed. */
  reason: z.string().optional(),
  startedAt: epochMilliseconds,
  finishedAt: epochMilliseconds.optional(),
  /** The element with the worst measurement; its figures represent the drill. */
  subject: z.string().optional(),
  rto: outcomeSchema.optional(),
  rpo: outcomeSchema.optional(),
  verdict: verdict.optional(),
});

/** Version of `result.json`. Version 1 had no such field: src/recovery/drills/result-file.ts reads it. */
export const RESULT_VERSION = 2;

/** A drill, while it runs and afterwards. */
export const drillResultSchema = drillSummarySchema.extend({
  formatVersion: z.literal(RESULT_VERSION),
  platform: z.string(),
  environment: z.string(),
  /** SHA-256 of the plan, as `keelson plan --json` prints it; absent in older results. */
  planDigest: z.string().optional(),
  promised: objectives.optional(),
  predicted: objectives.optional(),
  measurements: z.array(measurement),
  faults: z.array(injectedFault),
  findings: z.array(z.object({ what: z.string(), why: z.string() })),
  terms: z.array(measuredTerm),
  acknowledged: z.number(),
  lost: z.number(),
  failed: z.number(),
  /** How often chat requests and writes failed for each reason, the most frequent first; absent in older results. */
  failures: z.array(z.object({ kind: z.enum(["request", "write"]), reason: z.string(), count: z.number() })).optional(),
  /** Chat requests and writes per second. */
  load: z.object({ requests: z.number(), writes: z.number(), steadyMs: milliseconds, model: z.string() }),
  /** Chat requests over time. */
  series,
  /** Writes to the database over time. */
  writes: series,
  events: z.array(z.object({ t: milliseconds, what: z.string() })),
  versions: z.object({ keelson: z.string(), postgres: z.string(), node: z.string(), system: z.string() }),
});

/** A stored result that cannot be read: its measurements are missing. */
export const unreadableDrillSchema = z.object({ id: z.string(), why: z.string() });

/** A drill as an entry of the list of all drills: with its measurements, without its time series and events. */
export const listedDrillSchema = drillResultSchema.omit({ series: true, writes: true, events: true });

/** All drills of a platform, newest first: `GET /drills` of the control API. */
export const drillListSchema = z.object({
  drills: z.array(listedDrillSchema),
  unreadable: z.array(unreadableDrillSchema),
});

/** `GET /admin/drills`: a page of the drills, and every result that cannot be read. */
export const drillSummariesSchema = z.object({
  drills: z.array(drillSummarySchema),
  unreadable: z.array(unreadableDrillSchema),
  ...page,
});

export const drillStartedSchema = drillSummarySchema.pick({ id: true });
export const drillCancelledSchema = z.object({ cancelling: z.boolean() });

export type DrillFaultEstimate = z.infer<typeof drillFaultEstimateSchema>;
export type DrillSummary = z.infer<typeof drillSummarySchema>;
export type DrillResult = z.infer<typeof drillResultSchema>;
export type ListedDrill = z.infer<typeof listedDrillSchema>;
export type DrillMeasurement = z.infer<typeof measurement>;
export type InjectedFault = z.infer<typeof injectedFault>;
export type MeasuredTerm = z.infer<typeof measuredTerm>;
export type DrillList = z.infer<typeof drillListSchema>;
export type UnreadableDrill = z.infer<typeof unreadableDrillSchema>;
