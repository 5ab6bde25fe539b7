import { z } from "zod";

/** What the accounts module and its HTTP client say to each other under `/internal/accounts`. */

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const scope = z.enum(["inference", "admin", "usage"]);

export const authenticateRequest = z.strictObject({ hash });
/** JSON has no undefined: what is absent is left out. */
export const authenticateReply = z.object({
  principal: z
    .object({
      keyId: z.string(),
      organisation: z.string(),
      user: z.string().optional(),
      scopes: z.array(scope),
      models: z.array(z.string()).optional(),
      expires: z.number().optional(),
    })
    .optional(),
});

export const identifyRequest = z.strictObject({ kind: z.enum(["key", "session"]), hash });
export const identifyReply = z.object({
  actor: z
    .object({
      name: z.string(),
      organisation: z.string(),
      user: z.object({ id: z.string(), name: z.string() }).optional(),
      keyId: z.string().optional(),
      role: z.enum(["owner", "admin", "member"]),
      scopes: z.array(scope),
      operator: z.boolean(),
    })
    .optional(),
});

export const change = z.union([
  z.object({ kind: z.literal("changed"), hash: z.string() }),
  z.object({ kind: z.literal("reset") }),
]);

/** Milliseconds between signs of life on a stream of changes. */
export const heartbeat = 10_000;
