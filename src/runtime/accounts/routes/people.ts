import type { FastifyInstance } from "fastify";
import { includesRole } from "../../../contracts/authority.js";
import type { Organisation, User } from "../../../contracts/organisations.js";
import { organisationRoutes, userRoutes } from "../../../contracts/routes/accounts.js";
import { AdminError, organisationOf, readableOrganisation, scopeOf, serve, visibleTo } from "../../admin/index.js";
import { PLATFORM_SCOPE, type Tables } from "../../database/client.js";
import { holdActor } from "../held-actor.js";
import {
  createOrganisation,
  deleteOrganisation,
  listOrganisations,
  lockOrganisation,
  renameOrganisation,
  type Organisation as StoredOrganisation,
} from "../organisations.js";
import type { AccountsSchema } from "../schema.js";
import { endSessionsOfUser } from "../sessions.js";
import {
  changeUser,
  createUser,
  deleteUser,
  listUsers,
  requireManageable,
  requireUnlimited,
  type StoredUser,
} from "../users.js";

export function serveOrganisations(app: FastifyInstance, tables: Tables<AccountsSchema>): void {
  serve(app, organisationRoutes, {
    listOrganisations: async ({ actor, query }) => {
      const { rows, ...page } = await tables.transaction(visibleTo(actor), (open) => listOrganisations(open, query), {
        repeatable: true,
      });
      return { organisations: rows.map(toOrganisation), ...page };
    },

    createOrganisation: async ({ actor, body: { id, name } }) => {
      const created = await tables.transaction(PLATFORM_SCOPE, (open) =>
        createOrganisation(open, actor.name, { id, name: name ?? id }),
      );
      return toOrganisation(created);
    },

    changeOrganisation: async ({ actor, params: { id }, body: { name } }) =>
      toOrganisation(await tables.transaction(visibleTo(actor), (open) => renameOrganisation(open, actor, id, name))),

    deleteOrganisation: async ({ actor, params: { id } }) =>
      toOrganisation(await tables.transaction(PLATFORM_SCOPE, (open) => deleteOrganisation(open, actor, id))),
  });
}

export function serveUsers(app: FastifyInstance, tables: Tables<AccountsSchema>): void {
  serve(app, userRoutes, {
    listUsers: async ({ actor, query }) => {
      const organisation = readableOrganisation(actor, query.organisation);
      const { rows, ...page } = await tables.transaction(
        scopeOf(organisation),
        (open) => listUsers(open, organisation, query),
        { repeatable: true },
      );
      return { users: rows.map(toUser), ...page };
    },

    createUser: async ({ actor, body: { name, role, organisation: requested } }) => {
      const wanted = { name, role, operator: false };
      requireManageable(actor, wanted, undefined);
      requireUnlimited(actor);
      const organisation = organisationOf(actor, requested);
      const user = await tables.transaction(visibleTo(actor), async (open) => {
        await lockOrganisation(open, organisation);
        await holdActor(open, actor);
        return createUser(open, actor.name, { ...wanted, organisation });
      });
      return toUser(user);
    },

    changeUser: async ({ actor, params, body }) =>
      toUser(await tables.transaction(visibleTo(actor), (open) => changeUser(open, actor, params.id, body))),

    deleteUser: async ({ actor, params: { id } }) =>
      toUser(await tables.transaction(visibleTo(actor), (open) => deleteUser(open, actor, id))),

    endUserSessions: async ({ actor, params: { id } }) => {
      // As if there were no other users.
      if (actor.user?.id !== id && !includesRole(actor.role, "admin"))
        throw new AdminError("user/unknown", `there is no user ${id}`);
      return tables.transaction(visibleTo(actor), (open) => endSessionsOfUser(open, actor, id));
    },
  });
}

function toUser({ created, deleted, ...user }: StoredUser): User {
  return { ...user, created: created.toISOString(), deleted: deleted?.toISOString() ?? null };
}

function toOrganisation({ created, deleted, ...organisation }: StoredOrganisation): Organisation {
  return { ...organisation, created: created.toISOString(), deleted: deleted?.toISOString() ?? null };
}
