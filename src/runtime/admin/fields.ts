import { z } from "zod";

/** A name that people give: printable, so that it can stand in PostgreSQL, a table and a log line. */
export const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "may not hold control characters");

export const organisationId = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "lower-case letters, digits and inner dashes, at most 63")
  .meta({ description: "Short name of an organisation.", example: "default" });

/** A moment as ISO 8601 with an offset, `2026-05-04T13:00:00Z`. */
export const instant = z.iso.datetime({ offset: true });
