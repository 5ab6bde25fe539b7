import { z } from "zod";
import { duration } from "./quantities.js";

/** A secret: values mounted as files, never as environment variables. */
export const secret = z
  .strictObject({
    keys: z
      .array(
        z
          .string()
          .max(253, { error: "a key has at most 253 characters" })
          .regex(/^(?!\.{1,2}$|\.\.)[A-Za-z0-9._-]+$/, {
            error: "a key is letters, digits, dots, dashes and underscores",
          }),
      )
      .min(1)
      .describe("Files of the secret, e.g. [database-url, jwt-key]"),
    from: z
      .enum(["generated", "file", "sealed", "aws-secrets-manager", "linode-secret-manager"])
      .describe("Source of the values")
      .optional(),
    rotate: duration.describe("Maximum age of a value before it is rotated, e.g. 90d").optional(),
  })
  .meta({ id: "secret" });

export type SecretInput = z.output<typeof secret>;
