import { z } from "zod";
import { name, oneOrMany } from "./names.js";
import { bytes, schedule } from "./quantities.js";

/** Backups of a store and their retention. */
export const backups = z
  .strictObject({
    full: schedule.describe("Full backup, e.g. `daily keep 30d` or `at 01:00 keep 30d` (UTC)").optional(),
    log: schedule
      .describe("Maximum time until the write-ahead log is archived, e.g. `5m keep 7d`; limits the RPO")
      .optional(),
    snapshot: schedule.describe("Snapshot of the volume or of memory, e.g. `daily keep 7d`").optional(),
    to: oneOrMany(name).describe("Buckets for the backups; default: a directory beside the data").optional(),
    size: bytes
      .describe("Size of the volume for backups in the cluster; default: computed from size, interval and retention")
      .optional(),
    encrypted: z.boolean().describe("Encrypt backups before they leave the machine; default true").optional(),
  })
  .meta({ id: "backups" });

export type BackupsInput = z.output<typeof backups>;
