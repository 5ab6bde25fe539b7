import type { FastifyInstance } from "fastify";
import { includesRole, type Scope } from "../../../contracts/authority.js";
import type { Actor } from "../../../contracts/credentials.js";
import type { Key } from "../../../contracts/keys.js";
import { keyRoutes } from "../../../contracts/routes/accounts.js";
import { AdminError, organisationOf, readableOrganisation, scopeOf, serve, visibleTo } from "../../admin/index.js";
import type { Tables } from "../../database/client.js";
import { holdActor } from "../held-actor.js";
import { createKey, listKeys, revokeKey, type StoredKey } from "../keys.js";
import { lockOrganisation } from "../organisations.js";
import type { AccountsSchema } from "../schema.js";

export function serveKeys(app: FastifyInstance, tables: Tables<AccountsSchema>): void {
  serve(app, keyRoutes, {
    listKeys: async ({ actor, query }) => {
      const organisation = readableOrganisation(actor, query.organisation);
      const { rows, ...page } = await tables.transaction(
        scopeOf(organisation),
        (open) =>
          listKeys(
            open,
            { organisation, user: ownKeysOnly(actor) ?? query.user, status: query.status, search: query.search },
            query,
            query.order,
          ),
        { repeatable: true },
      );
      return { keys: rows.map(toKey), ...page };
    },

    createKey: async ({ actor, body }) => {
      const { name, scopes, endsWithSession } = body;
      const organisation = organisationOf(actor, body.organisation);
      requireGrantable(actor, scopes);
      const models = grantableModels(actor, body.models);
      const expires = grantableExpiry(actor, body.expires, endsWithSession);
      if (expires && expires.getTime() <= Date.now()) throw new AdminError("key/expired", "`expires` is in the past");
      const created = await tables.transaction(visibleTo(actor), async (open) => {
        await lockOrganisation(open, organisation);
        await holdActor(open, actor);
        return createKey(open, actor.name, {
          organisation,
          // A user belongs to one organisation: in another, the key belongs to the organisation itself.
          user: organisation === actor.organisation ? (actor.user?.id ?? null) : null,
          ...{ name, scopes, models, expires },
          session: endsWithSession ? (actor.session?.id ?? null) : null,
        });
      });
      return { ...toKey(created), key: created.key };
    },

    revokeKey: async ({ actor, params, query }) =>
      toKey(
        await tables.transaction(visibleTo(actor), (open) =>
          revokeKey(open, actor, params.id, { ownOnly: ownKeysOnly(actor), children: query.children }),
        ),
      ),
  });
}

/** Members see and revoke only their own keys: the id of the user. An actor without a user that is no admin has none. */
function ownKeysOnly(actor: Actor): string | undefined {
  return includesRole(actor.role, "admin") ? undefined : (actor.user?.id ?? "");
}

/** A key has no scope that its creator lacks. @throws AdminError 403. */
function requireGrantable(actor: Actor, scopes: readonly Scope[]): void {
  if (scopes.includes("admin") && !includesRole(actor.role, "admin"))
    throw new AdminError("role/too-low", "a member cannot create a key with the scope admin");
  // The scope admin includes usage.
  const held = actor.scopes.includes("admin") ? [...actor.scopes, "usage"] : actor.scopes;
  const missing = scopes.find((scope) => !held.includes(scope));
  if (missing !== undefined)
    throw new AdminError("key/exceeds-maker", `a key without the scope ${missing} cannot create one that has it`, {
      hint: "Omit the scope, or sign in and create the key there.",
    });
}

/**
 * The models of a new key: by default those of its creator. Null: all.
 * @throws AdminError 403 for a model that the creator may not use.
 */
function grantableModels(actor: Actor, requested: readonly string[] | null | undefined): readonly string[] | null {
  const { models } = actor;
  if (models === undefined) return requested ?? null;
  if (requested === undefined) return models;
  const excess = requested === null ? "all models" : requested.find((model) => !models.includes(model));
  if (excess === undefined) return requested;
  throw new AdminError("key/exceeds-maker", `a key that may not use ${excess} cannot create one that may`, {
    hint: `It may use ${models.join(", ")}.`,
  });
}

/**
 * When a new key expires: by default with its creator, and at the latest with the session with which it ends. Null: never.
 * @throws AdminError 403 for a time after the expiry of the creator, 400 for a key that ends with a session without one.
 */
function grantableExpiry(actor: Actor, requested: string | null | undefined, endsWithSession: boolean): Date | null {
  const granted = requested === undefined ? actor.expires : requested === null ? undefined : Date.parse(requested);
  if (actor.expires !== undefined && (granted === undefined || granted > actor.expires))
    throw new AdminError("key/exceeds-maker", "a key that expires cannot create one that is valid longer", {
      hint: `It expires at ${new Date(actor.expires).toISOString()}.`,
    });
  if (!endsWithSession) return granted === undefined ? null : new Date(granted);
  if (actor.session === undefined)
    throw new AdminError("key/no-session", "only a browser session can create a key that ends with it");
  return new Date(Math.min(granted ?? actor.session.expires, actor.session.expires));
}

function toKey({ created, expires, revoked, lastUsed, session, ...key }: StoredKey): Key {
  return {
    ...key,
    endsWithSession: session !== null,
    created: created.toISOString(),
    expires: expires?.toISOString() ?? null,
    revoked: revoked?.toISOString() ?? null,
    lastUsed: lastUsed?.toISOString() ?? null,
  };
}
