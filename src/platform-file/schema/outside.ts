import { z } from "zod";
import { duration, ratio } from "./quantities.js";

/** The host of an address that is called: a DNS name or an IPv4 address, in lower case, without a scheme and a port. */
const calledHost = z
  .string()
  .max(253, { error: "a host has at most 253 characters" })
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, {
    error: "a host is a name like api.example.com, in lower case, without a scheme, port or path",
  });

/** Figures of hosts that the platform calls and does not run: model providers, outside databases and buckets. */
export const outside = z.record(
  calledHost,
  z.strictObject({
    availability: ratio.describe("Availability that its operator promises, e.g. 99.9% in its SLA").optional(),
    rto: duration.describe("Longest outage that its operator promises").optional(),
  }),
);
