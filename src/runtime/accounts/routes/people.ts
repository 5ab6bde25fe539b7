import { z } from "zod";
import { errorDocument } from "../../../contracts/error.js";
import { name, organisationId } from "../../../contracts/fields.js";
import { type AdminApp, AdminError, actorOf, organisationOf, readingOf } from "../../admin/index.js";
import { organisationScope, platformScope, type Tables } from "../../database/client.js";
import { createOrganisation, existingOrganisation, listOrganisations } from "../organisations.js";
import type { AccountsSchema } from "../schema.js";
import { changeUser, createUser, listUsers, mayManage, type User } from "../users.js";
import { moment, mostRows, role, text, userId } from "./schemas.js";

const organisationShape = z
  .object({ id: organisationId, name: z.string(), created: moment })
  .meta({ id: "Organisation" });

const userShape = z
  .object({
    id: z.string(),
    organisation: organisationId,
    name: z.string(),
    role,
    operator: z.boolean().meta({ description: "Acts for every organisation: runs the platform." }),
    disabled: z.boolean(),
    created: moment,
  })
  .meta({ id: "User" });

const member = { access: { kind: "actor", scope: "admin", role: "member" } } as const;
const admin = { access: { kind: "actor", scope: "admin", role: "admin" } } as const;
const owner = { access: { kind: "actor", scope: "admin", role: "owner" } } as const;

export function organisationRoutes(app: AdminApp, tables: Tables<AccountsSchema>): void {
  app.get(
    "/admin/organisations",
    {
      config: member,
      schema: {
        operationId: "listOrganisations",
        summary: "The organisations that the caller may see",
        tags: ["organisations"],
        response: { 200: z.object({ organisations: z.array(organisationShape) }), default: errorDocument },
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const reach = actor.operator ? platformScope : organisationScope(actor.organisation);
      const rows = await tables.transaction(reach, (open) => listOrganisations(open, mostRows), { repeatable: true });
      return { organisations: rows.map((row) => ({ ...row, created: text(row.created) })) };
    },
  );

  app.post(
    "/admin/organisations",
    {
      config: owner,
      schema: {
        operationId: "createOrganisation",
        summary: "Make an organisation; for those who run the platform",
        tags: ["organisations"],
        body: z.strictObject({ id: organisationId, name: name.optional() }),
        response: { 201: organisationShape, default: errorDocument },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      if (!actor.operator)
        throw new AdminError(403, "role/not-operator", "only those who run the platform make organisations");
      const { id, name } = request.body;
      const made = await tables.transaction(platformScope, (open) =>
        createOrganisation(open, actor.name, { id, name: name ?? id }),
      );
      return reply.status(201).send({ ...made, created: text(made.created) });
    },
  );
}

export function userRoutes(app: AdminApp, tables: Tables<AccountsSchema>): void {
  app.get(
    "/admin/users",
    {
      config: admin,
      schema: {
        operationId: "listUsers",
        summary: "Users of the organisation",
        tags: ["users"],
        querystring: z.strictObject({ organisation: organisationId.optional() }),
        response: { 200: z.object({ users: z.array(userShape) }), default: errorDocument },
      },
    },
    async (request) => {
      const organisation = readingOf(actorOf(request), request.query.organisation);
      const users = await tables.transaction(
        organisation === undefined ? platformScope : organisationScope(organisation),
        (open) => listUsers(open, organisation, mostRows),
        { repeatable: true },
      );
      return { users: users.map(shown) };
    },
  );

  app.post(
    "/admin/users",
    {
      config: admin,
      schema: {
        operationId: "createUser",
        summary: "Add a user; they sign in by a link from POST /admin/sign-in-links",
        tags: ["users"],
        body: z.strictObject({ name, role: role.default("member"), organisation: organisationId.optional() }),
        response: { 201: userShape, default: errorDocument },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const wanted = { name: request.body.name, role: request.body.role, operator: false };
      mayManage(actor, wanted, undefined);
      const organisation = organisationOf(actor, request.body.organisation);
      const user = await tables.transaction(organisationScope(organisation), async (open) => {
        await existingOrganisation(open, organisation);
        return createUser(open, actor.name, { ...wanted, organisation });
      });
      return reply.status(201).send(shown(user));
    },
  );

  app.patch(
    "/admin/users/:id",
    {
      config: admin,
      schema: {
        operationId: "changeUser",
        summary: "Change a user's role, or disable them with their sessions and keys",
        tags: ["users"],
        params: z.strictObject({ id: userId }),
        body: z
          .strictObject({ role: role.optional(), disabled: z.boolean().optional() })
          .refine((change) => Object.keys(change).length > 0, "name `role` or `disabled`"),
        response: { 200: userShape, default: errorDocument },
      },
    },
    async (request) => {
      const actor = actorOf(request);
      const reach = actor.operator ? platformScope : organisationScope(actor.organisation);
      return shown(await tables.transaction(reach, (open) => changeUser(open, actor, request.params.id, request.body)));
    },
  );
}

function shown({ created, ...user }: User): z.infer<typeof userShape> {
  return { ...user, created: text(created) };
}
