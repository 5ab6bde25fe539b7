import { z } from "zod";

/** The `status.conditions` of a live object: as its controller reports them. */
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
