import type { FastifyReply } from "fastify";
import { z } from "zod";
import { errorDocument } from "../../../contracts/error.js";
import { organisationId } from "../../../contracts/fields.js";
import { type AdminApp, AdminError, actorOf, refuseThrottled, sessionCookie } from "../../admin/index.js";
import { organisationScope, platformScope, type Tables } from "../../database/client.js";
import type { Actor } from "../client.js";
import type { AccountsSchema } from "../schema.js";
import { createSignInLink, type SignedIn, sessionLifetime, signInByKey, signInByLink, signOut } from "../sessions.js";
import { isToken } from "../token.js";
import { moment, role, scope, text, userId } from "./schemas.js";

const sessionShape = z
  .object({
    user: z.object({ id: z.string(), name: z.string() }).nullable(),
    organisation: organisationId,
    role,
    scopes: z.array(scope),
    operator: z.boolean().meta({ description: "Acts for every organisation: runs the platform." }),
  })
  .meta({ id: "Session" });

const open = { access: { kind: "public" } } as const;
const member = { access: { kind: "actor", scope: "admin", role: "member" } } as const;
const owner = { access: { kind: "actor", scope: "admin", role: "owner" } } as const;

export function sessionRoutes(app: AdminApp, tables: Tables<AccountsSchema>, publicUrl: string): void {
  const cookie = { path: "/", httpOnly: true, sameSite: "strict", secure: publicUrl.startsWith("https:") } as const;
  const begin = (reply: FastifyReply, { actor, token }: SignedIn) => {
    reply.setCookie(sessionCookie, token, { ...cookie, maxAge: sessionLifetime / 1000 });
    return shown(actor);
  };

  app.post(
    "/admin/session",
    {
      config: open,
      schema: {
        operationId: "signIn",
        summary: "Sign in by an API key with the scope admin, or by the token of a sign-in link",
        tags: ["session"],
        security: [],
        body: z.union([z.strictObject({ key: z.string().max(200) }), z.strictObject({ token: z.string().max(200) })]),
        response: { 200: sessionShape, default: errorDocument },
      },
    },
    async (request, reply) => {
      refuseThrottled(app.throttle, request.ip);
      try {
        return begin(
          reply,
          await tables.transaction(platformScope, (transaction) => signIn(transaction, request.body)),
        );
      } catch (error) {
        if (error instanceof AdminError && error.status === 401) app.throttle.failed(request.ip, Date.now());
        throw error;
      }
    },
  );

  app.get(
    "/admin/session",
    {
      config: member,
      schema: {
        operationId: "currentSession",
        summary: "Who the caller is",
        tags: ["session"],
        response: { 200: sessionShape, default: errorDocument },
      },
    },
    async (request) => shown(actorOf(request)),
  );

  app.delete(
    "/admin/session",
    {
      config: member,
      schema: {
        operationId: "signOut",
        summary: "End this session",
        tags: ["session"],
        response: { 204: z.null(), default: errorDocument },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const token = request.cookies[sessionCookie];
      if (token !== undefined)
        await tables.transaction(
          organisationScope(actor.organisation),
          (transaction) => signOut(transaction, actor, token),
          {
            repeatable: true,
          },
        );
      return reply.clearCookie(sessionCookie, cookie).status(204).send(null);
    },
  );

  app.post(
    "/admin/sign-in-links",
    {
      config: owner,
      schema: {
        operationId: "createSignInLink",
        summary: "A link that signs a user in once, within ten minutes",
        tags: ["session"],
        body: z.strictObject({ user: userId.optional() }).default({}),
        response: {
          201: z.object({ token: z.string(), url: z.string(), expires: moment }).meta({ id: "SignInLink" }),
          default: errorDocument,
        },
      },
    },
    async (request, reply) => {
      const actor = actorOf(request);
      const reach = actor.operator ? platformScope : organisationScope(actor.organisation);
      const { token, expires } = await tables.transaction(reach, (transaction) =>
        createSignInLink(transaction, actor, request.body.user),
      );
      // Behind `#`: browsers send it to no server, so it is in no log.
      const url = `${publicUrl.replace(/\/$/, "")}/sign-in#token=${token}`;
      return reply.status(201).send({ token, url, expires: text(expires) });
    },
  );
}

async function signIn(
  transaction: Parameters<typeof signInByKey>[0],
  body: { readonly key: string } | { readonly token: string },
): Promise<SignedIn> {
  if ("key" in body) {
    if (!isToken("kls", body.key))
      throw new AdminError(401, "credential/invalid", "this is not an API key", { hint: "A key begins with kls_." });
    return signInByKey(transaction, body.key);
  }
  if (!isToken("kll", body.token)) throw new AdminError(401, "link/invalid", "this is not the token of a sign-in link");
  return signInByLink(transaction, body.token);
}

function shown(actor: Actor): z.infer<typeof sessionShape> {
  const { user, organisation, role, scopes, operator } = actor;
  return { user: user ?? null, organisation, role, scopes: [...scopes], operator };
}
