import type { FastifyInstance, FastifyReply } from "fastify";
import { includesRole } from "../../../contracts/authority.js";
import type { Actor } from "../../../contracts/credentials.js";
import { sessionRoutes } from "../../../contracts/routes/accounts.js";
import type { Session, SignIn } from "../../../contracts/session.js";
import {
  AdminError,
  readableOrganisation,
  requireUnthrottled,
  SESSION_COOKIE,
  scopeOf,
  serve,
  visibleTo,
} from "../../admin/index.js";
import { PLATFORM_SCOPE, type Tables } from "../../database/client.js";
import type { Context } from "../../kernel/module.js";
import type { AccountsSchema } from "../schema.js";
import {
  createSignInLink,
  endSession,
  listSessions,
  SESSION_LIFETIME_MS,
  type SignedIn,
  signInByKey,
  signInByLink,
  signOut,
} from "../sessions.js";
import { isToken } from "../token.js";

export function serveSession(app: FastifyInstance, tables: Tables<AccountsSchema>, context: Context): void {
  const { publicUrl, plan } = context;
  const toSession = ({ user, organisation, role, scopes, operator }: Actor): Session => ({
    ...{ user: user ?? null, organisation, role, scopes, operator },
    ...{ platform: plan.platform, environment: plan.environment },
  });
  const cookie = { path: "/", httpOnly: true, sameSite: "strict", secure: publicUrl.startsWith("https:") } as const;
  const startSession = (reply: FastifyReply, { actor, token }: SignedIn): Session => {
    reply.setCookie(SESSION_COOKIE, token, { ...cookie, maxAge: SESSION_LIFETIME_MS / 1000 });
    return toSession(actor);
  };

  serve(app, sessionRoutes, {
    signIn: async ({ request, reply, body }) => {
      requireUnthrottled(app.throttle, request.ip);
      try {
        return startSession(reply, await tables.transaction(PLATFORM_SCOPE, (open) => signIn(open, body)));
      } catch (error) {
        if (error instanceof AdminError && error.status === 401) app.throttle.recordFailure(request.ip, Date.now());
        throw error;
      }
    },

    currentSession: async ({ actor }) => toSession(actor),

    signOut: async ({ actor, request, reply }) => {
      const token = request.cookies[SESSION_COOKIE];
      if (token !== undefined)
        await tables.transaction(scopeOf(actor.organisation), (open) => signOut(open, actor, token), {
          repeatable: true,
        });
      reply.clearCookie(SESSION_COOKIE, cookie);
      return null;
    },

    listSessions: async ({ actor, query }) => {
      const organisation = readableOrganisation(actor, query.organisation);
      const { rows, ...page } = await tables.transaction(
        scopeOf(organisation),
        (open) => listSessions(open, { organisation, user: ownSessionsOnly(actor) ?? query.user }, query),
        { repeatable: true },
      );
      const sessions = rows.map(({ created, expires, ...row }) => ({
        ...{ ...row, created: created.toISOString(), expires: expires.toISOString() },
        current: row.id === actor.session?.id,
      }));
      return { sessions, ...page };
    },

    endSession: async ({ actor, params }) =>
      tables.transaction(visibleTo(actor), (open) => endSession(open, actor, params.id, ownSessionsOnly(actor))),

    createSignInLink: async ({ actor, body }) => {
      const { token, expires } = await tables.transaction(visibleTo(actor), (open) =>
        createSignInLink(open, actor, body.user),
      );
      // Browsers send no fragment to a server, so the token reaches no access log.
      const url = `${publicUrl.replace(/\/$/, "")}/sign-in#token=${token}`;
      return { token, url, expires: expires.toISOString() };
    },
  });
}

/** Members see and end only their own sessions: the id of the user. */
function ownSessionsOnly(actor: Actor): string | undefined {
  return includesRole(actor.role, "admin") ? undefined : (actor.user?.id ?? "");
}

async function signIn(open: Parameters<typeof signInByKey>[0], body: SignIn): Promise<SignedIn> {
  if ("key" in body) {
    if (!isToken("kls", body.key))
      throw new AdminError(401, "credential/invalid", "this is not an API key", { hint: "API keys start with kls_." });
    return signInByKey(open, body.key);
  }
  if (!isToken("kll", body.token)) throw new AdminError(401, "link/invalid", "this is not the token of a sign-in link");
  return signInByLink(open, body.token);
}
