import { z } from "zod";
import { counts, durations, rates } from "./quantities.js";

const rate = rates.describe("Requests per time: usual, or usual and peak, e.g. 2/s..10/s");

const burst = z
  .number()
  .min(1)
  .max(100)
  .describe("Coefficient of variation of the times between requests; default 1: they are independent of each other");

/** The requests that a model must serve: what its latency is predicted from. */
export const modelLoad = z
  .strictObject({
    rate: rate.optional(),
    burst: burst.optional(),
    prompt: counts.describe("Tokens of a prompt: average and longest, e.g. 300..2000").optional(),
    answer: counts.describe("Tokens of an answer: average and longest, e.g. 150..500").optional(),
  })
  .meta({ id: "model-load" });

/** The requests that a service must serve. */
export const serviceLoad = z
  .strictObject({
    rate: rate.optional(),
    burst: burst.optional(),
    work: durations
      .describe("Time of one request alone, with the calls that it makes: average and longest, e.g. 20ms..80ms")
      .optional(),
    concurrency: z.int().min(1).describe("Requests that one replica processes at the same time; default 1").optional(),
  })
  .meta({ id: "service-load" });

/** How fast one replica of a model is, in tokens. */
export const speed = z
  .strictObject({
    prefill: rates.describe("Prompt tokens that one replica processes per second, e.g. 4000/s").optional(),
    decode: rates
      .describe("Tokens of one answer per second: with every slot in use, and alone, e.g. 30/s..60/s")
      .optional(),
  })
  .meta({ id: "speed" });

export type ModelLoadInput = z.output<typeof modelLoad>;
export type ServiceLoadInput = z.output<typeof serviceLoad>;
export type SpeedInput = z.output<typeof speed>;
