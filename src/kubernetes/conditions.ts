import { z } from "zod";

/** The `status.conditions` of a live object: what its controller says of it, by type. */
export const Conditions = z
  .array(
    z.looseObject({
      type: z.string(),
      status: z.string(),
      reason: z.string().optional(),
      message: z.string().optional(),
    }),
  )
  .default([]);
