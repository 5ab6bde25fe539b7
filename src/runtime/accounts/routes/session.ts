import type { FastifyInstance, FastifyReply } from "fastify";
import type { Actor } from "../../../contracts/credentials.js";
import { sessionRoutes } from "../../../contracts/routes/accounts.js";
import type { Session, SignIn } from "../../../contracts/session.js";
import { AdminError, requireUnthrottled, SESSION_COOKIE, scopeOf, serve, visibleTo } from "../../admin/index.js";
import { PLATFORM_SCOPE, type Tables } from "../../database/client.js";
import type { AccountsSchema } from "../schema.js";
import {
  createSignInLink,
  SESSION_LIFETIME_MS,
  type SignedIn,
  signInByKey,
  signInByLink,
  signOut,
} from "../sessions.js";
import { isToken } from "../token.js";

export function serveSession(app: FastifyInstance, tables: Tables<AccountsSchema>, publicUrl: string): void {
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

async function signIn(open: Parameters<typeof signInByKey>[0], body: SignIn): Promise<SignedIn> {
  if ("key" in body) {
    if (!isToken("kls", body.key))
      throw new AdminError(401, "credential/invalid", "this is not an API key", { hint: "API keys start with kls_." });
    return signInByKey(open, body.key);
  }
  if (!isToken("kll", body.token)) throw new AdminError(401, "link/invalid", "this is not the token of a sign-in link");
  return signInByLink(open, body.token);
}

function toSession({ user, organisation, role, scopes, operator }: Actor): Session {
  return { user: user ?? null, organisation, role, scopes, operator };
}
