import type { FastifyInstance } from "fastify";
import { includesRole, type Scope } from "../../../contracts/authority.js";
import type { Actor } from "../../../contracts/credentials.js";
import type { Key } from "../../../contracts/keys.js";
import { keyRoutes } from "../../../contracts/routes/accounts.js";
import { AdminError, organisationOf, readableOrganisation, scopeOf, serve, visibleTo } from "../../admin/index.js";
import type { Tables } from "../../database/client.js";
import { createKey, listKeys, revokeKey, type StoredKey } from "../keys.js";
import { existingOrganisation } from "../organisations.js";
import type { AccountsSchema } from "../schema.js";

export function serveKeys(app: FastifyInstance, tables: Tables<AccountsSchema>): void {
  serve(app, keyRoutes, {
    listKeys: async ({ actor, query }) => {
      const organisation = readableOrganisation(actor, query.organisation);
      const { rows, ...page } = await tables.transaction(
        scopeOf(organisation),
        (open) => listKeys(open, { organisation, user: ownKeysOnly(actor) }, query),
        { repeatable: true },
      );
      return { keys: rows.map(toKey), ...page };
    },

    createKey: async ({ actor, body }) => {
      const { name, scopes, models, expires } = body;
      const organisation = organisationOf(actor, body.organisation);
      requireGrantable(actor, scopes);
      if (expires && Date.parse(expires) <= Date.now())
        throw new AdminError(400, "key/expired", "`expires` is in the past");
      const created = await tables.transaction(scopeOf(organisation), async (open) => {
        await existingOrganisation(open, organisation);
        return createKey(open, actor.name, {
          organisation,
          // A user belongs to one organisation: in another, the key belongs to the organisation itself.
          user: organisation === actor.organisation ? (actor.user?.id ?? null) : null,
          name,
          scopes,
          models: models ?? null,
          expires: expires ? new Date(expires) : null,
        });
      });
      return { ...toKey(created), key: created.key };
    },

    revokeKey: async ({ actor, params }) =>
      toKey(
        await tables.transaction(visibleTo(actor), (open) => revokeKey(open, actor, params.id, ownKeysOnly(actor))),
      ),
  });
}

/** Members see and revoke only their own keys: the id of the user. An actor without a user that is no admin has none. */
function ownKeysOnly(actor: Actor): string | undefined {
  return includesRole(actor.role, "admin") ? undefined : (actor.user?.id ?? "");
}

/** A key must not exceed the rights of its creator. */
function requireGrantable(actor: Actor, scopes: readonly Scope[]): void {
  if (scopes.includes("admin") && !includesRole(actor.role, "admin"))
    throw new AdminError(403, "role/too-low", "a member cannot create a key with the scope admin");
}

function toKey({ created, expires, revoked, lastUsed, ...key }: StoredKey): Key {
  return {
    ...key,
    created: created.toISOString(),
    expires: expires?.toISOString() ?? null,
    revoked: revoked?.toISOString() ?? null,
    lastUsed: lastUsed?.toISOString() ?? null,
  };
}
