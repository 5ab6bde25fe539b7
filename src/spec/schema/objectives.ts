import { z } from "zod";
import { duration, ratio } from "./quantities.js";

/** What is promised. Stands on the platform, and tighter or looser on any service, model or store. */
export const objectives = z.strictObject({
  availability: ratio.describe("Share of time that it answers, e.g. 99.9%").optional(),
  rto: duration.describe("Recovery time objective: longest outage that a fault may cause").optional(),
  rpo: duration.describe("Recovery point objective: most recent writes that a fault may lose, as time").optional(),
  latency: z
    .strictObject({
      p50: duration.describe("Half of the answers come within").optional(),
      p95: duration.describe("95 of 100 answers come within").optional(),
      p99: duration.describe("99 of 100 answers come within").optional(),
    })
    .describe("How soon an answer (for a stream: its first byte) comes; write one percentile")
    .optional(),
  retention: duration.describe("Data is kept and restorable at least this long").optional(),
});

export type ObjectivesInput = z.output<typeof objectives>;
