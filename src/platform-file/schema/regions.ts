import { z } from "zod";
import { duration } from "./quantities.js";
import { nodeLabelValue } from "./syntax.js";

const standby = z.union([
  nodeLabelValue,
  z.strictObject({
    region: nodeLabelValue.describe("Name of the region"),
    mode: z
      .enum(["active", "warm", "cold"])
      .describe("`active` serves traffic, `warm` runs at reduced size, `cold` is created on failover")
      .optional(),
  }),
]);

/** Region of the platform, and where it fails over to. */
export const regions = z.union([
  nodeLabelValue,
  z.strictObject({
    primary: nodeLabelValue.describe("Region that serves traffic"),
    standby: z.array(standby).describe("Regions to fail over to").optional(),
    failover: z
      .strictObject({
        check: duration.describe("Interval of the DNS health checks").optional(),
        failures: z.int().min(1).describe("Consecutive failed checks before failover").optional(),
        ttl: duration.describe("TTL of the DNS record").optional(),
      })
      .describe("DNS failover")
      .optional(),
  }),
]);

export const zones = z.union([z.int().min(1).max(16), z.array(nodeLabelValue).min(1)]);
