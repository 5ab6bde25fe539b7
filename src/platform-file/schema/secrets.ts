import { z } from "zod";
import { duration } from "./quantities.js";

/** Values that are mounted as files, never put in the environment. */
export const secret = z
  .strictObject({
    keys: z
      .array(z.string().regex(/^[A-Za-z0-9._-]+$/, { error: "a key is letters, digits, dots, dashes and underscores" }))
      .min(1)
      .describe("Files of the secret, e.g. [database-url, jwt-key]"),
    from: z
      .enum(["generated", "file", "sealed", "aws-secrets-manager", "linode-secret-manager"])
      .describe("Where the values come from")
      .optional(),
    rotate: duration.describe("Every value is replaced at least this often, e.g. 90d").optional(),
  })
  .meta({ id: "secret" });

export type SecretInput = z.output<typeof secret>;
