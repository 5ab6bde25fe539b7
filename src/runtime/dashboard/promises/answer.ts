import { z } from "zod";
import { outcomeSchema } from "../../../contracts/drills.js";
import { VERDICTS } from "../../../contracts/verdict.js";

/**
 * What `GET /admin/promises` answers: the sheet of `keelson promises --json`, as far as the dashboard reads it, and for what
 * is not kept the advice of `keelson check`. The core's own type must fit in here, which the compiler checks where it is answered. Durations in milliseconds, moments in epoch
 * milliseconds. Pure data, shared with the browser.
 */

const place = { file: z.string(), line: z.number(), column: z.number() };

const placeAnswer = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("file"), ...place }),
  z.object({ kind: z.literal("environment"), environment: z.string(), ...place }),
  z.object({ kind: z.literal("default"), why: z.string(), ...place }),
]);

const termOrigin = z.discriminatedUnion("kind", [
  ...placeAnswer.options,
  z.object({ kind: z.literal("citation"), source: z.string() }),
  z.object({ kind: z.literal("assumption"), why: z.string() }),
  z.object({ kind: z.literal("measurement"), drill: z.string(), at: z.number() }),
]);

const term = z.object({
  name: z.string(),
  value: z.number(),
  origin: termOrigin,
  how: z.string().optional(),
});

const prediction = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("bounded"), total: z.number(), terms: z.array(term).readonly() }),
  z.object({
    kind: z.literal("unbounded"),
    why: z.string(),
    origin: placeAnswer,
  }),
  z.object({ kind: z.literal("unknown"), why: z.string(), origin: placeAnswer }),
]);

/** What would keep a promise that is not kept: in words, where in the platform file, and the rule of `keelson check`. */
const remedy = z.object({ advice: z.string(), at: placeAnswer, rule: z.string().optional() });

const verdict = z.enum(VERDICTS);

const cell = z.object({
  promised: z.number().optional(),
  promisedAt: placeAnswer.optional(),
  predicted: prediction,
  measured: outcomeSchema.optional(),
  measuredAt: z.number().optional(),
  underestimated: z.literal(true).optional(),
  /** Absent where the promise is kept, and where nothing is known that would help. */
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

const row = z.object({
  fault: z.string(),
  title: z.string(),
  subject: z.string(),
  rto: cell,
  rpo: cell,
  alert: z.object({ name: z.string(), severity: z.string(), summary: z.string() }),
  runbook,
  /** Absent for a fault that nothing rehearses yet. */
  drill: z.string().optional(),
  verdict,
});

const availability = z.object({
  subject: z.string(),
  promised: z.number(),
  promisedAt: placeAnswer,
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

/** Promised and never predicted: it has no verdict. */
const latency = z.object({
  subject: z.string(),
  percentile: z.number(),
  within: z.number(),
  promisedAt: placeAnswer,
});

export const sheetAnswer = z.object({
  platform: z.string(),
  environment: z.string(),
  rows: z.array(row).readonly(),
  availability: z.array(availability).readonly(),
  latency: z.array(latency).readonly(),
});

export type PlaceOrigin = z.infer<typeof placeAnswer>;
export type TermOrigin = z.infer<typeof termOrigin>;
export type Remedy = z.infer<typeof remedy>;
export type Prediction = z.infer<typeof prediction>;
export type Verdict = z.infer<typeof verdict>;
export type Cell = z.infer<typeof cell>;
export type Runbook = z.infer<typeof runbook>;
export type Row = z.infer<typeof row>;
export type Availability = z.infer<typeof availability>;
export type Latency = z.infer<typeof latency>;
export type Sheet = z.infer<typeof sheetAnswer>;
