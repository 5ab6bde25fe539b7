import { z } from "zod";
import { faultNames } from "../faults.js";
import { duration, ratio } from "./quantities.js";

/** `none` promises nothing here, whatever the platform promises elsewhere. */
const none = z.literal("none");

/** What is promised. Stands on the platform, and tighter or looser on any service, model or store. */
export const objectives = z
  .strictObject({
    availability: z
      .union([ratio, none])
      .describe("Share of time that it answers, e.g. 99.9%; none: not promised here")
      .optional(),
    rto: z
      .union([duration, none])
      .describe("Recovery time objective: longest outage that a fault may cause; none: not promised here")
      .optional(),
    rpo: z
      .union([duration, none])
      .describe("Recovery point objective: most recent writes that a fault may lose, as time; none: not promised here")
      .optional(),
    latency: z
      .strictObject({
        p50: duration.describe("Half of the answers come within").optional(),
        p95: duration.describe("95 of 100 answers come within").optional(),
        p99: duration.describe("99 of 100 answers come within").optional(),
      })
      .describe("How soon an answer (for a stream: its first byte) comes; write one percentile")
      .optional(),
    except: z
      .array(z.enum(faultNames))
      .min(1)
      .describe("Faults that RTO and RPO do not cover, e.g. a lost zone where the cloud has no second one")
      .optional(),
    retention: duration.describe("Data is kept and restorable at least this long").optional(),
  })
  .meta({ id: "objectives" });

export type ObjectivesInput = z.output<typeof objectives>;
