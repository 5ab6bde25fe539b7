import type { FastifyInstance, FastifyRequest } from "fastify";
import { includesRole } from "../../../contracts/authority.js";
import type { Actor } from "../../../contracts/credentials.js";
import { sessionRoutes } from "../../../contracts/routes/accounts.js";
import type { Session, SignIn } from "../../../contracts/session.js";
import { AdminError, readableOrganisation, scopeOf, serve, sessionCookie, visibleTo } from "../../admin/index.js";
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
import type { StoredCredentials } from "../stored-credentials.js";
import { hashToken, isToken } from "../token.js";

interface Stores {
  readonly tables: Tables<AccountsSchema>;
  readonly stored: StoredCredentials;
}

export function serveSession(app: FastifyInstance, { tables, stored }: Stores, context: Context): void {
  const { publicUrl, plan } = context;
  const toSession = ({ user, organisation, role, scopes, operator }: Actor): Session => ({
    ...{ user: user ?? null, organisation, role, scopes, operator },
    ...{ platform: plan.platform, environment: plan.environment },
  });
  const cookie = { path: "/", httpOnly: true, sameSite: "strict", secure: publicUrl.startsWith("https:") } as const;
  const cookieOf = (request: FastifyRequest): string => sessionCookie(context.clientOf(request.raw).host);

  serve(app, sessionRoutes, {
    signIn: async ({ request, reply, body }) => {
      const { token, find, wrong } = credentialOf(body);
      const signedIn = await app.lookUpCredential(
        request,
        token,
        async () =>
          (await stored.has(hashToken(token))) ? tables.transaction(PLATFORM_SCOPE, (open) => find(open)) : undefined,
        wrong,
      );
      reply.setCookie(cookieOf(request), signedIn.token, { ...cookie, maxAge: SESSION_LIFETIME_MS / 1000 });
      return { ...toSession(signedIn.actor), proof: signedIn.proof };
    },

    currentSession: async ({ actor }) => toSession(actor),

    signOut: async ({ actor, request, reply }) => {
      const { session: current } = actor;
      if (current !== undefined)
        await tables.transaction(visibleTo(actor), (open) => signOut(open, actor, current.id), {
          repeatable: true,
        });
      reply.clearCookie(cookieOf(request), cookie);
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

interface SignInCredential {
  readonly token: string;
  readonly find: (open: Parameters<typeof signInByKey>[0]) => Promise<SignedIn | undefined>;
  readonly wrong: () => AdminError;
}

/** @throws AdminError 401 for a credential whose form or checksum is wrong, which costs no look-up. */
function credentialOf(body: SignIn): SignInCredential {
  if ("key" in body) {
    const { key } = body;
    if (!isToken("kls", key))
      throw new AdminError("credential/invalid", "this is not an API key", { hint: "API keys start with kls_." });
    const wrong = () => new AdminError("credential/invalid", "this API key is invalid, revoked or expired");
    return { token: key, find: (open) => signInByKey(open, key), wrong };
  }
  const { token } = body;
  if (!isToken("kll", token)) throw new AdminError("link/invalid", "this is not the token of a sign-in link");
  const wrong = () => new AdminError("link/invalid", "this sign-in link is used or expired");
  return { token, find: (open) => signInByLink(open, token), wrong };
}
