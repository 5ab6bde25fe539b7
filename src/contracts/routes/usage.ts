import { z } from "zod";
import { INTERNAL_TOKEN, OPERATOR, USAGE_READER } from "../authority.js";
import { name, organisationId, timestamp } from "../fields.js";
import { defineRoute } from "../route.js";
import {
  DRILL_ORGANISATION,
  LATENCY_DIMENSIONS,
  latencyReport,
  measuredModel,
  USAGE_DIMENSIONS,
  USAGE_RANKS,
  USAGE_TIME_UNITS,
  usageReport,
} from "../usage.js";

const moment = z.union([timestamp, z.iso.date()]);

/** `hour,model`; a dimension that is repeated counts once. */
const by = z
  .string()
  .max(100)
  .default("hour")
  .transform((text) => [...new Set(text.split(",").filter((word) => word !== ""))])
  .pipe(
    z
      .array(z.enum(USAGE_DIMENSIONS))
      .refine(
        (dimensions) =>
          dimensions.filter((dimension) => USAGE_TIME_UNITS.some((unit) => unit === dimension)).length <= 1,
        "may contain one of minute, hour and day only",
      ),
  )
  .meta({
    description: `Dimensions of the rows, comma-separated: ${USAGE_DIMENSIONS.join(", ")}.`,
    example: "hour,model",
  });

const drills = z
  .enum(["include", "exclude"])
  .default("exclude")
  .meta({
    description: `Whether the load of drills counts. It belongs to the organisation ${DRILL_ORGANISATION}, which can also be requested by its id.`,
  });

const MEASURED_MODELS = "Read the load and the latency of each model in the last 24 hours, without the load of drills";

export const usageRoutes = {
  readUsage: defineRoute({
    method: "GET",
    path: "/admin/usage",
    summary: "Read requests and tokens by time, organisation, key and model",
    tag: "usage",
    authority: USAGE_READER,
    query: z.strictObject({
      from: moment.optional().meta({ description: "Start of the range, inclusive." }),
      to: moment.optional().meta({ description: "End of the range, exclusive." }),
      by,
      model: name.optional(),
      key: name.optional(),
      organisation: organisationId.optional(),
      drills,
      top: z.coerce.number().int().min(1).max(1_000).optional().meta({
        description:
          "Only this many groups, and the others combined. Requires exactly one of organisation, key and model.",
      }),
      rank: z.enum(USAGE_RANKS).default("requests").meta({ description: "Figure by which `top` ranks the groups." }),
      format: z.enum(["json", "csv"]).default("json"),
    }),
    json: usageReport,
    text: ["text/csv"],
  }),
  readLatency: defineRoute({
    method: "GET",
    path: "/admin/usage/latency",
    summary: "Read percentiles of the latency of answered requests by time, organisation, key or model",
    tag: "usage",
    authority: USAGE_READER,
    query: z.strictObject({
      from: moment.meta({ description: "Start of the range, inclusive." }),
      to: moment.meta({ description: "End of the range, exclusive; at most 24 hours after the start." }),
      by: z.enum(LATENCY_DIMENSIONS).default("hour"),
      model: name.optional(),
      key: name.optional(),
      organisation: organisationId.optional(),
      drills,
    }),
    json: latencyReport,
  }),
  readMeasuredModels: defineRoute({
    method: "GET",
    path: "/admin/usage/models",
    summary: MEASURED_MODELS,
    tag: "usage",
    authority: OPERATOR,
    json: z.array(measuredModel).readonly(),
  }),
};

/** The usage module for the other modules of the platform. */
export const usageInternalRoutes = {
  recordUsage: defineRoute({
    method: "POST",
    path: "/internal/usage/record",
    summary: "Record usage events",
    tag: "internal",
    authority: INTERNAL_TOKEN,
    audit: "none",
    // Each event is parsed by itself: an invalid one is stored apart and must not block the others.
    body: z.strictObject({ events: z.array(z.unknown()).max(10_000).readonly() }),
    status: 204,
    json: z.null(),
  }),
  measuredModels: defineRoute({
    method: "GET",
    path: "/internal/usage/models",
    summary: MEASURED_MODELS,
    tag: "internal",
    authority: INTERNAL_TOKEN,
    json: z.array(measuredModel).readonly(),
  }),
};
