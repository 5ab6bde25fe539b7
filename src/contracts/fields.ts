import { z } from "zod";

/** A display name: printable characters only, so that PostgreSQL, tables and log lines can contain it. */
export const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not contain control characters");

export const organisationId = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must consist of lower-case letters, digits and inner dashes, 63 characters at most",
  )
  .meta({ description: "Short name of an organisation.", example: "default" });

/** A timestamp as ISO 8601 with an offset, `2026-05-04T13:00:00Z`. */
export const timestamp = z.iso.datetime({ offset: true });
