import { z } from "zod";
import { INTERNAL_TOKEN, USAGE_READER } from "../authority.js";
import { name, organisationId, timestamp } from "../fields.js";
import { defineRoute } from "../route.js";
import { DRILL_ORGANISATION, USAGE_DIMENSIONS, usageReport } from "../usage.js";

const moment = z.union([timestamp, z.iso.date()]);

/** `hour,model`; a dimension that is repeated counts once. */
const by = z
  .string()
  .max(100)
  .default("hour")
  .transform((text) => [...new Set(text.split(",").filter((word) => word !== ""))])
  .pipe(z.array(z.enum(USAGE_DIMENSIONS)))
  .meta({
    description: `Dimensions of the rows, comma-separated: ${USAGE_DIMENSIONS.join(", ")}.`,
    example: "hour,model",
  });

export const usageRoutes = {
  readUsage: defineRoute({
    method: "GET",
    path: "/admin/usage",
    summary: "Read requests and tokens by hour, organisation, key and model",
    tag: "usage",
    authority: USAGE_READER,
    query: z.strictObject({
      from: moment.optional().meta({ description: "Start of the range, inclusive." }),
      to: moment.optional().meta({ description: "End of the range, exclusive." }),
      by,
      model: name.optional(),
      key: name.optional(),
      organisation: organisationId.optional(),
      drills: z
        .enum(["include", "exclude"])
        .default("exclude")
        .meta({
          description: `Whether the load of drills counts. It belongs to the organisation ${DRILL_ORGANISATION}, which can also be requested by its id.`,
        }),
      format: z.enum(["json", "csv"]).default("json"),
    }),
    json: usageReport,
    text: ["text/csv"],
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
};
