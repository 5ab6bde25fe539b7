import { z } from "zod";
import { errorDocument } from "../../../contracts/error.js";
import { organisationId } from "../../../contracts/fields.js";
import { type AdminApp, AdminError, actorOf, atLeast, organisationOf, readingOf } from "../../admin/index.js";
import { organisationScope, platformScope, type Tables } from "../../database/client.js";
import type { Actor, Scope } from "../client.js";
import { createKey, type Key, listKeys, revokeKey } from "../keys.js";
import { existingOrganisation } from "../organisations.js";
import type { AccountsSchema } from "../schema.js";
import { createdKey, keyList, keyShape, newKey } from "../shapes.js";
import { keyId, mostRows, text, textOrNull } from "./schemas.js";

const member = { access: { kind: "actor", scope: "admin", role: "member" } } as const;

export function keyRoutes(app: AdminApp, tables: Tables<AccountsSchema>): void {
  app.get(
    "/admin/keys",
    {
      config: member,
      schema: {
        operationId: "listKeys",
        summary: "API keys: all of the organisation for admins, their own for members",
        tags: ["keys"],
        querystring: z.strictObject({ organisation: organisationId.optional() }),
        response: { 200: keyList, default: errorDocument },
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const organisation = readingOf(actor, request.query.organisation);
      const keys = await tables.transaction(
        organisation === undefined ? platformScope : organisationScope(organisation),
        (open) => listKeys(open, { organisation, user: ownOnly(actor), limit: mostRows }),
        { repeatable: true },
      );
      return { keys: keys.map(shown) };
    },
  );

  app.post(
    "/admin/keys",
    {
      config: member,
      schema: {
        operationId: "createKey",
        summary: "Make an API key; it is shown in this answer and never again",
        tags: ["keys"],
        body: newKey,
        response: {
          201: createdKey,
          default: errorDocument,
        },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const { organisation: named, name, scopes, models, expires } = request.body;
      const organisation = organisationOf(actor, named);
      mayGive(actor, scopes);
      if (expires && Date.parse(expires) <= Date.now())
        throw new AdminError(400, "key/expired", "`expires` lies in the past");
      const created = await tables.transaction(organisationScope(organisation), async (open) => {
        await existingOrganisation(open, organisation);
        return createKey(open, actor.name, {
          organisation,
          // Abroad the key is the organisation's own: a user belongs to one organisation.
          user: organisation === actor.organisation ? (actor.user?.id ?? null) : null,
          name,
          scopes,
          models: models ?? null,
          expires: expires ? new Date(expires) : null,
        });
      });
      return reply.status(201).send({ ...shown(created), key: created.key });
    },
  );

  app.delete(
    "/admin/keys/:id",
    {
      config: member,
      schema: {
        operationId: "revokeKey",
        summary: "Revoke an API key, at once and for good",
        tags: ["keys"],
        params: z.strictObject({ id: keyId }),
        response: { 200: keyShape, default: errorDocument },
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const reach = actor.operator ? platformScope : organisationScope(actor.organisation);
      return shown(
        await tables.transaction(reach, (open) => revokeKey(open, actor, request.params.id, ownOnly(actor))),
      );
    },
  );
}

/** A member sees and revokes their own keys only. A key without a user that is no admin has none. */
function ownOnly(actor: Actor): string | undefined {
  return atLeast(actor, "admin") ? undefined : (actor.user?.id ?? "");
}

/** Nobody gives a key what they may not do. */
function mayGive(actor: Actor, scopes: readonly Scope[]): void {
  if (scopes.includes("admin") && !atLeast(actor, "admin"))
    throw new AdminError(403, "role/too-low", "a member cannot make a key with the scope admin");
}

function shown(key: Key): z.infer<typeof keyShape> {
  const { id, name, prefix, scopes, models, organisation, user, created, expires, revoked, lastUsed } = key;
  return {
    ...{ id, name, prefix, organisation, user },
    scopes: [...scopes],
    models: models === null ? null : [...models],
    created: text(created),
    expires: textOrNull(expires),
    revoked: textOrNull(revoked),
    lastUsed: textOrNull(lastUsed),
  };
}
