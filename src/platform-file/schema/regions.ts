import { z } from "zod";
import { duration } from "./quantities.js";

const standby = z.union([
  z.string().min(1),
  z.strictObject({
    region: z.string().min(1).describe("Name of the region"),
    mode: z
      .enum(["active", "warm", "cold"])
      .describe("`active` serves too, `warm` runs small, `cold` is built anew")
      .optional(),
  }),
]);

/** Where it runs, and where it goes when that is lost. */
export const regions = z.union([
  z.string().min(1),
  z.strictObject({
    primary: z.string().min(1).describe("Region that serves"),
    standby: z.array(standby).describe("Regions that take over").optional(),
    failover: z
      .strictObject({
        check: duration.describe("Between health checks of the DNS").optional(),
        failures: z.int().min(1).describe("Failed checks in a row that move the traffic").optional(),
        ttl: duration.describe("Time to live of the DNS record").optional(),
      })
      .describe("How traffic leaves a lost region")
      .optional(),
  }),
]);

export const zones = z.union([z.int().min(1).max(16), z.array(z.string().min(1)).min(1)]);
