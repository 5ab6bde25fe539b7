import { z } from "zod";
import { name, organisationId, timestamp } from "../../contracts/fields.js";
import { moment, scope } from "./routes/schemas.js";

/** What is told of an API key. */
export const keyShape = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string().meta({ description: "The first characters of the key; the rest is nowhere." }),
    scopes: z.array(scope),
    models: z.array(z.string()).nullable().meta({ description: "Models that it may use; null: all." }),
    organisation: organisationId,
    user: z.string().nullable().meta({ description: "Whose key it is; null: the organisation's own." }),
    created: moment,
    expires: moment.nullable(),
    revoked: moment.nullable(),
    lastUsed: moment.nullable(),
  })
  .meta({ id: "Key" });

export const keyList = z.object({ keys: z.array(keyShape) });

/** The one answer that holds the key itself. */
export const createdKey = keyShape.extend({ key: z.string() }).meta({ id: "NewKey" });

/** What a new API key is asked for by. */
export const newKey = z.strictObject({
  name,
  scopes: z.array(scope).min(1).max(3).default(["inference"]),
  models: z.array(name).min(1).max(200).nullish(),
  expires: timestamp.nullish(),
  organisation: organisationId.optional(),
});
