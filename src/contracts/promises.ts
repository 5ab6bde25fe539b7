import { z } from "zod";
import { outcomeSchema } from "./drills.js";
import { VERDICTS } from "./verdict.js";

/**
 * The promise sheet as `GET /admin/promises` returns it: the rows of `keelson promises --json`, and for each promise that is
 * not kept the advice of `keelson check`. Durations in milliseconds, points in time in epoch milliseconds.
 */

const position = { file: z.string(), line: z.number(), column: z.number() };

const place = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("file"), ...position }),
  z.object({ kind: z.literal("environment"), environment: z.string(), ...position }),
  z.object({ kind: z.literal("default"), why: z.string(), ...position }),
]);

const termOrigin = z.discriminatedUnion("kind", [
  ...place.options,
  z.object({ kind: z.literal("citation"), source: z.string(), read: z.string().optional() }),
  z.object({ kind: z.literal("assumption"), why: z.string() }),
  z.object({ kind: z.literal("measurement"), drill: z.string(), at: z.number() }),
  z.object({ kind: z.literal("verification"), backup: z.string(), at: z.number() }),
  z.object({ kind: z.literal("ledger"), requests: z.number(), from: z.number(), duration: z.number() }),
]);

const term = z.object({
  name: z.string(),
  value: z.number(),
  origin: termOrigin,
  how: z.string().optional(),
  /** What the newest drill measured of this work, before it was scaled; sizes in bytes. */
  measured: z.object({ value: z.number(), bytes: z.number().optional(), drill: z.string(), at: z.number() }).optional(),
  /** The estimate that a measurement replaced. */
  estimate: z.number().optional(),
  /** Names of other components whose recovery, availability or data the term depends on. */
  restsOn: z.array(z.string()).readonly().optional(),
});

const prediction = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("bounded"), total: z.number(), terms: z.array(term).readonly() }),
  z.object({
    kind: z.literal("unbounded"),
    why: z.string(),
    origin: place,
  }),
  z.object({ kind: z.literal("unknown"), why: z.string(), origin: place }),
]);

/** The remedy for a promise that is not kept: the advice, its place in the platform file, and the rule of `keelson check`. */
const remedy = z.object({ advice: z.string(), at: place, rule: z.string().optional() });

const verdict = z.enum(VERDICTS);

const cell = z.object({
  promised: z.number().optional(),
  promisedAt: place.optional(),
  predicted: prediction,
  measured: outcomeSchema.optional(),
  measuredAt: z.number().optional(),
  underestimated: z.literal(true).optional(),
  /** Absent if the promise is kept, or no remedy is known. */
  remedy: remedy.optional(),
  verdict,
});

const runbook = z.object({
  id: z.string(),
  title: z.string(),
  when: z.string(),
  steps: z.array(z.object({ action: z.string(), command: z.string().optional() })).readonly(),
  done: z.string(),
});

const limits = z.object({ rto: z.number().optional(), rpo: z.number().optional() });

/** One drill's measurement, with what was promised and predicted when it ran. */
const measured = z.object({
  drill: z.string(),
  at: z.number(),
  rto: outcomeSchema,
  rpo: outcomeSchema,
  promised: limits.optional(),
  predicted: limits.optional(),
});

const row = z.object({
  fault: z.string(),
  title: z.string(),
  subject: z.string(),
  rto: cell,
  rpo: cell,
  alert: z.object({ name: z.string(), severity: z.string(), summary: z.string() }),
  runbook,
  /** The newest drills, oldest first; absent without drills. */
  history: z.array(measured).readonly().optional(),
  /** Absent for a fault without a drill. */
  drill: z.string().optional(),
  undrilled: z.string().optional(),
  verdict,
});

const availability = z.object({
  subject: z.string(),
  promised: z.number(),
  promisedAt: place,
  predicted: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("known"),
      value: z.number(),
      parts: z
        .array(z.object({ name: z.string(), value: z.number(), replicas: z.number(), source: z.string() }))
        .readonly(),
    }),
    z.object({ kind: z.literal("unknown"), why: z.string() }),
  ]),
  remedy: remedy.optional(),
  verdict,
});

const latency = z.object({
  subject: z.string(),
  /** The time until the last byte of a response, or until the first token of an answer. */
  of: z.enum(["latency", "firstToken"]),
  percentile: z.number(),
  within: z.number(),
  promisedAt: place,
  predicted: prediction,
  measured: outcomeSchema.optional(),
  /** The number of requests that were measured. */
  requests: z.number().optional(),
  /** Why the prediction is that of the measured load; absent if it is that of the declared one. */
  forMeasuredLoad: z.enum(["longer", "not-declared"]).optional(),
  underestimated: z.literal(true).optional(),
  remedy: remedy.optional(),
  verdict,
});

/** The measured load of a model; figures as the platform file writes them. */
const load = z.object({
  model: z.string(),
  requests: z.number(),
  from: z.number(),
  duration: z.number(),
  figures: z
    .array(
      z.object({
        name: z.enum(["rate", "burst", "prompt", "answer"]),
        measured: z.string(),
        declared: z.string().optional(),
        exceeded: z.boolean(),
      }),
    )
    .readonly(),
});

const outgrown = z.object({ store: z.string(), declared: z.number(), actual: z.number() });

export const promiseSheet = z.object({
  platform: z.string(),
  environment: z.string(),
  rows: z.array(row).readonly(),
  availability: z.array(availability).readonly(),
  latency: z.array(latency).readonly(),
  loads: z.array(load).readonly(),
  /** Stores that are larger than declared; the predictions use their real size. Sizes in bytes. */
  outgrown: z.array(outgrown).readonly(),
});

export type PlaceOrigin = z.infer<typeof place>;
export type TermOrigin = z.infer<typeof termOrigin>;
export type Remedy = z.infer<typeof remedy>;
export type Prediction = z.infer<typeof prediction>;
export type Verdict = z.infer<typeof verdict>;
export type Cell = z.infer<typeof cell>;
export type Measured = z.infer<typeof measured>;
export type Term = z.infer<typeof term>;
export type Runbook = z.infer<typeof runbook>;
export type Row = z.infer<typeof row>;
export type Availability = z.infer<typeof availability>;
export type Latency = z.infer<typeof latency>;
export type MeasuredLoad = z.infer<typeof load>;
export type Sheet = z.infer<typeof promiseSheet>;
