import { z } from "zod";
import { name, oneOrMany } from "./names.js";
import { schedule } from "./quantities.js";

/** Copies of a store and how long each is kept. */
export const backups = z
  .strictObject({
    full: schedule.describe("A whole copy, e.g. `daily keep 30d` or `at 01:00 keep 30d` (UTC)").optional(),
    log: schedule
      .describe("The write-ahead log is shipped at the latest after this, e.g. `5m keep 7d`; bounds what a loss costs")
      .optional(),
    snapshot: schedule.describe("A snapshot of the volume or of memory, e.g. `daily keep 7d`").optional(),
    to: oneOrMany(name).describe("Buckets that copies go to; none means a folder beside the data").optional(),
    encrypted: z.boolean().describe("Copies are encrypted before they leave the machine; true unless said").optional(),
  })
  .meta({ id: "backups" });

export type BackupsInput = z.output<typeof backups>;
