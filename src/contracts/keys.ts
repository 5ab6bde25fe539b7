import { z } from "zod";
import { scope } from "./authority.js";
import { name, organisationId, page, timestamp } from "./fields.js";

/** `active`: neither expired nor revoked. A key that is both expired and revoked is `revoked`. */
export const KEY_STATUSES = ["active", "expired", "revoked"] as const;
export const keyStatus = z.enum(KEY_STATUSES);
export type KeyStatus = z.infer<typeof keyStatus>;

/** Orders of a list of keys. `created` and `last-used`: newest first, unused keys last. `expires`: soonest first. */
export const KEY_ORDERS = ["created", "name", "last-used", "expires"] as const;
export const keyOrder = z.enum(KEY_ORDERS);
export type KeyOrder = z.infer<typeof keyOrder>;

export const keyId = z.string().regex(/^key_[0-9A-Za-z]{1,40}$/, "must be the id of a key");

/** An API key without its secret. */
export const key = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string().meta({ description: "The first characters of the key. The rest is not stored." }),
    scopes: z.array(scope).readonly(),
    models: z.array(z.string()).readonly().nullable().meta({ description: "Models that it may use; null: all." }),
    organisation: organisationId,
    user: z.string().nullable().meta({ description: "Id of its user; null: a key of the organisation itself." }),
    created: timestamp,
    expires: timestamp.nullable(),
    revoked: timestamp.nullable(),
    lastUsed: timestamp.nullable(),
    status: keyStatus,
    madeBy: z.string().nullable().meta({
      description: "Who created it: `user:usr_…`, `key:key_…`, or a name of the command line; null: not recorded.",
    }),
    endsWithSession: z.boolean().meta({ description: "It becomes invalid with the browser session that created it." }),
  })
  .meta({ id: "Key" });

export type Key = z.infer<typeof key>;

export const keyList = z.object({ keys: z.array(key), ...page });

/** The only response that contains the key itself. */
export const createdKey = key.extend({ key: z.string() }).meta({ id: "NewKey" });

export type CreatedKey = z.infer<typeof createdKey>;

export const newKey = z.strictObject({
  name,
  scopes: z.array(scope).min(1).max(3).readonly().default(["inference"]),
  models: z.array(name).min(1).max(200).readonly().nullish(),
  expires: timestamp.nullish(),
  organisation: organisationId.optional(),
  endsWithSession: z.boolean().default(false).meta({
    description: "The key becomes invalid with the session that creates it. Only a browser session can set this.",
  }),
});

export type NewKey = z.input<typeof newKey>;
