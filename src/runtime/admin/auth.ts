import { timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Accounts, Actor, Role, Scope } from "../accounts/client.js";
import { hashToken, isToken } from "../accounts/client.js";
import { AdminError } from "./errors.js";
import { Throttle } from "./throttle.js";

export const sessionCookie = "keelson_session";

/** Who may call an operation. */
export type Access =
  | { readonly kind: "public" }
  /** `scope`: what an API key must be made for; `role`: the least role. Sessions carry every scope. */
  | { readonly kind: "actor"; readonly scope: Scope; readonly role: Role };

declare module "fastify" {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    /** Who calls; null only in public operations. */
    actor: Actor | null;
  }
}

/** The platform's own processes and the command line on this machine: they hold the internal token. */
const internal: Actor = {
  name: "internal",
  organisation: "default",
  user: undefined,
  keyId: undefined,
  role: "owner",
  scopes: ["inference", "admin", "usage"],
  operator: true,
};

/** Demands of every request what its operation says; an operation that says nothing is for owners. */
export function authenticate(app: FastifyInstance, accounts: Pick<Accounts, "identify">, internalToken: string): void {
  const throttle = new Throttle({ most: 20, window: 60_000, addresses: 10_000 });
  const internalHash = Buffer.from(hashToken(internalToken), "hex");
  app.decorateRequest("actor", null);
  app.decorate("throttle", throttle);

  app.addHook("onRequest", async (request) => {
    const access = request.routeOptions.config.access ?? { kind: "actor", scope: "admin", role: "owner" };
    if (request.is404 || access.kind === "public") return;
    const actor = await identify(request);
    if (!actor) throw new AdminError(401, "credential/missing", "this operation needs an API key or a session");
    if (rank[actor.role] < rank[access.role])
      throw new AdminError(
        403,
        "role/too-low",
        `this operation is for the role ${access.role}; this is a ${actor.role}`,
      );
    if (!actor.scopes.includes(access.scope) && !(access.scope === "usage" && actor.scopes.includes("admin")))
      throw new AdminError(403, "scope/missing", `the key was not made for the scope ${access.scope}`, {
        hint: `Make one with \`keelson keys create NAME --scope ${access.scope}\`.`,
      });
    request.actor = actor;
  });

  const identify = async (request: FastifyRequest): Promise<Actor | undefined> => {
    const authorization = request.headers.authorization;
    if (authorization !== undefined) return byBearer(request, authorization);
    const cookie = request.cookies[sessionCookie];
    if (cookie === undefined) return undefined;
    if (!["GET", "HEAD"].includes(request.method) && request.headers["x-keelson"] !== "1")
      throw new AdminError(403, "session/no-header", "a change by a session needs the header `x-keelson: 1`");
    const actor = isToken("kse", cookie)
      ? await accounts.identify({ kind: "session", hash: hashToken(cookie) })
      : undefined;
    if (!actor) throw new AdminError(401, "session/ended", "this session is not valid any more");
    return actor;
  };

  const byBearer = async (request: FastifyRequest, authorization: string): Promise<Actor> => {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
    const hash = hashToken(token);
    if (timingSafeEqual(Buffer.from(hash, "hex"), internalHash)) return internal;
    if (!throttle.isProven(hash)) refuseThrottled(throttle, request.ip);
    const actor = isToken("kls", token) ? await accounts.identify({ kind: "key", hash }) : undefined;
    throttle.prove(hash, actor !== undefined);
    if (actor) return actor;
    throttle.failed(request.ip, Date.now());
    throw new AdminError(401, "credential/invalid", "this key is not known, or revoked, or expired");
  };
}

declare module "fastify" {
  interface FastifyInstance {
    throttle: Throttle;
  }
}

/** @throws AdminError 429 when this address has shown too many wrong credentials. */
export function refuseThrottled(throttle: Throttle, address: string): void {
  const wait = throttle.wait(address, Date.now());
  if (wait > 0)
    throw new AdminError(429, "credential/too-many", "too many wrong credentials from this address", {
      hint: `Try again in ${Math.ceil(wait / 1000)} s.`,
      retryAfter: Math.ceil(wait / 1000),
    });
}

const rank: Readonly<Record<Role, number>> = { member: 0, admin: 1, owner: 2 };

export function atLeast(actor: Actor, role: Role): boolean {
  return rank[actor.role] >= rank[role];
}

/** The caller of an operation that is not public. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new Error(`${request.method} ${request.url} is public and has no actor`);
  return request.actor;
}

/**
 * The organisation that an operation is about: the one that was named, if the actor may act for it; else the actor's own.
 * @throws AdminError 403 for somebody else's organisation, which need not exist.
 */
export function organisationOf(actor: Actor, named: string | undefined): string {
  if (named === undefined || named === actor.organisation) return actor.organisation;
  if (actor.operator) return named;
  throw new AdminError(403, "organisation/not-yours", "this credential acts for its own organisation only");
}

/** What a reading covers: the named organisation; for who runs the platform and names none, all (undefined). */
export function readingOf(actor: Actor, named: string | undefined): string | undefined {
  return actor.operator && named === undefined ? undefined : organisationOf(actor, named);
}
