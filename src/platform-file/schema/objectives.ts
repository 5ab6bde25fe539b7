import { z } from "zod";
import { type FaultName, faultNames } from "../faults.js";
import { name, oneOrMany } from "./names.js";
import { duration, ratio } from "./quantities.js";

/** `none`: no objective here, even if the platform has one. */
const none = z.literal("none");

const recovery = z.union([duration, none]);

/** One recovery objective for every fault, or one for each, and a default for the others. */
const byFault = z.union([
  duration,
  none,
  z.strictObject({
    default: recovery.describe("For every fault that is not named").optional(),
    ...Object.fromEntries(
      faultNames.map((fault) => [fault, recovery.describe(`For ${fault} alone`).optional()] as const),
    ),
  } as { default: z.ZodOptional<typeof recovery> } & Record<FaultName, z.ZodOptional<typeof recovery>>),
]);

const percentiles = z.union([
  none,
  z.strictObject({
    p50: duration.describe("Median").optional(),
    p95: duration.describe("95th percentile").optional(),
    p99: duration.describe("99th percentile").optional(),
  }),
]);

/** Objectives that are written out. */
const written = z.strictObject({
  availability: z.union([ratio, none]).describe("Availability, e.g. 99.9%; none: no objective here").optional(),
  rto: byFault
    .describe("Recovery time objective: maximum outage after a fault, or by fault; none: no objective here")
    .optional(),
  rpo: byFault
    .describe("Recovery point objective: maximum age of the writes that a fault loses, or by fault; none: no objective")
    .optional(),
  latency: percentiles
    .describe("Time until the last byte of a response; set one percentile; none: no objective here")
    .optional(),
  firstToken: percentiles
    .describe("Time until the first token of an answer; set one percentile; none: no objective here")
    .optional(),
  except: z
    .array(z.enum(faultNames))
    .min(1)
    .describe("Faults that RTO and RPO do not cover, e.g. zone-loss in a region with one zone")
    .optional(),
  retention: duration.describe("Minimum time that data stays restorable").optional(),
});

/** Objectives with a name, for many services, models and stores. */
export const policy = written.meta({ id: "policy" });

/** Objectives that are written out, or the names of policies. */
function objectivesOf<Shape extends z.ZodRawShape>(shape: z.ZodObject<Shape, z.core.$strict>) {
  return z.union([
    none.describe("No objectives; of the platform: nowhere in this environment"),
    name.describe("Name of a policy"),
    z.array(name).min(1).describe("Names of policies, a later one over the earlier ones"),
    shape.extend({
      policy: oneOrMany(name).describe("Named policies that the objectives beside it override").optional(),
    }),
  ]);
}

/** Objectives of the platform, or of one service, model or store, where they override those of the platform. */
export const objectives = objectivesOf(written).meta({ id: "objectives" });

/** Objectives of an entrance, which stores nothing: it cannot promise how long data stays restorable. */
export const entranceObjectives = objectivesOf(written.omit({ retention: true })).meta({ id: "entranceObjectives" });

export type ObjectivesInput = z.output<typeof objectives>;
/** Objectives without a name of a policy. */
export type WrittenObjectives = z.output<typeof written>;
