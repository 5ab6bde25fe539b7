import { z } from "zod";
import { role, scope } from "./authority.js";

/** What the accounts module returns to the other modules about credentials. JSON omits what is undefined. */

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A credential that a client sent: the hex SHA-256 of an API key, of the token in a session cookie, or of the operator token. */
export const credential = z.strictObject({ kind: z.enum(["key", "session", "operator"]), hash });
export type Credential = Readonly<z.infer<typeof credential>>;

/** The caller of the model APIs, as identified by a valid API key. */
export const principal = z.object({
  keyId: z.string(),
  organisation: z.string(),
  user: z.string().optional(),
  scopes: z.array(scope).readonly(),
  /** Models that the key may use; undefined: all. */
  models: z.array(z.string()).readonly().optional(),
  /** Epoch milliseconds; undefined: never. */
  expires: z.number().optional(),
});
export type Principal = Readonly<z.infer<typeof principal>>;

/** The caller of the admin API. */
export const actor = z.object({
  /** Its name in the audit log: `user:usr_…`, `key:key_…`, `os:…` for the command line, `operator` or `internal`. */
  name: z.string(),
  organisation: z.string(),
  user: z.object({ id: z.string(), name: z.string() }).readonly().optional(),
  keyId: z.string().optional(),
  role,
  scopes: z.array(scope).readonly(),
  /** Runs the platform: acts for every organisation. */
  operator: z.boolean(),
  /** Models that its key may use; undefined: all. Keys that it creates may use no others. */
  models: z.array(z.string()).readonly().optional(),
  /** Epoch milliseconds at which its key expires; undefined: never. Keys that it creates do not outlive it. */
  expires: z.number().optional(),
  /** The session of the request; undefined for a request with a key. */
  session: z.object({ id: z.string(), /** Epoch milliseconds. */ expires: z.number() }).readonly().optional(),
});
export type Actor = Readonly<z.infer<typeof actor>>;

export const authenticateRequest = z.strictObject({ hash });
export const authenticateResponse = z.object({ principal: principal.optional() });
export const identifyResponse = z.object({ actor: actor.optional() });

/**
 * An event of the stream of changes to API keys.
 *
 * - `changed`: the key with this hash was created, revoked or edited, on any replica.
 * - `lost`: changes may be missed from now on, until `reset`. Cached keys need a short TTL.
 * - `reset`: the stream is complete again; changes before this event may have been missed.
 */
export const keyChange = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("changed"), hash: z.string() }),
  z.object({ kind: z.literal("lost") }),
  z.object({ kind: z.literal("reset") }),
]);
export type KeyChange = Readonly<z.infer<typeof keyChange>>;

/** Interval of the comments that keep an idle stream of key changes open. Milliseconds. */
export const KEY_CHANGES_HEARTBEAT_MS = 10_000;
