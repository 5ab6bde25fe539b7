import { z } from "zod";
import { instant } from "../admin/fields.js";

/** What usage can be summed by. */
export const dimensions = ["hour", "organisation", "key", "model"] as const;
export type Dimension = (typeof dimensions)[number];

const figures = {
  requests: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  errors: z.int().meta({ description: "Answered with 400 or above; a client that left (499) is none." }),
  estimated: z.int().meta({ description: "How many were counted from a checkpoint, not from the end of the answer." }),
};

/** One row of usage: figures, and the dimensions that were asked for. */
export const rowShape = z
  .object({
    hour: instant.optional().meta({ description: "The hour's first moment, in UTC." }),
    organisation: z.string().optional(),
    key: z.string().optional(),
    model: z.string().optional(),
    ...figures,
  })
  .meta({ id: "UsageRow" });

/** What `GET /admin/usage` answers. */
export const usageAnswer = z.object({ rows: z.array(rowShape), totals: z.object(figures) }).meta({ id: "Usage" });
