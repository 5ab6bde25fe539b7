import { timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Authority, type Missing, missingRight, type Rights, SCOPES } from "../../contracts/authority.js";
import type { Actor } from "../../contracts/credentials.js";
import type { Accounts } from "../accounts/client.js";
import { hashToken, isToken } from "../accounts/client.js";
import { AdminError } from "./errors.js";
import { Throttle } from "./throttle.js";

export const SESSION_COOKIE = "keelson_session";
/** Browsers send this header only from the dashboard's own pages: it protects sessions from forged requests. */
const SESSION_HEADER = "x-keelson";

declare module "fastify" {
  interface FastifyContextConfig {
    authority?: Authority;
  }
  interface FastifyRequest {
    /** The caller; null in routes that anonymous clients may call. */
    actor: Actor | null;
  }
  interface FastifyInstance {
    throttle: Throttle;
  }
}

/** The holders of the internal token: processes of the platform, and the command line on the same machine. */
const INTERNAL: Actor = {
  name: "internal",
  organisation: "default",
  role: "owner",
  scopes: SCOPES,
  operator: true,
};

/** Checks the authority of every route before its handler runs. A route without an authority responds with 500. */
export function authenticate(app: FastifyInstance, accounts: Pick<Accounts, "identify">, internalToken: string): void {
  const throttle = new Throttle({ maxFailures: 20, windowMs: 60_000, maxAddresses: 10_000 });
  const internalHash = Buffer.from(hashToken(internalToken), "hex");
  app.decorateRequest("actor", null);
  app.decorate("throttle", throttle);

  app.addHook("onRequest", async (request) => {
    if (request.is404) return;
    const { authority } = request.routeOptions.config;
    if (authority?.kind === "anonymous") return;
    if (authority?.kind !== "actor")
      throw new Error(`the admin API cannot enforce the authority ${authority?.kind} of ${request.url}`);
    const actor = await identify(request);
    if (!actor) throw new AdminError(401, "credential/missing", "this operation requires an API key or a session");
    const missing = missingRight(authority, actor);
    if (missing) throw forbidden(missing, actor);
    request.actor = actor;
  });

  const identify = async (request: FastifyRequest): Promise<Actor | undefined> => {
    const authorization = request.headers.authorization;
    if (authorization !== undefined) return byBearer(request, authorization);
    const cookie = request.cookies[SESSION_COOKIE];
    if (cookie === undefined) return undefined;
    if (!["GET", "HEAD"].includes(request.method) && request.headers[SESSION_HEADER] !== "1")
      throw new AdminError(
        403,
        "session/no-header",
        `a change by a session requires the header \`${SESSION_HEADER}: 1\``,
      );
    const actor = isToken("kse", cookie)
      ? await accounts.identify({ kind: "session", hash: hashToken(cookie) })
      : undefined;
    if (!actor) throw new AdminError(401, "session/ended", "this session has ended");
    return actor;
  };

  const byBearer = async (request: FastifyRequest, authorization: string): Promise<Actor> => {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
    const hash = hashToken(token);
    if (timingSafeEqual(Buffer.from(hash, "hex"), internalHash)) return INTERNAL;
    if (!throttle.wasValid(hash)) requireUnthrottled(throttle, request.ip);
    const actor = isToken("kls", token) ? await accounts.identify({ kind: "key", hash }) : undefined;
    throttle.recordUse(hash, actor !== undefined);
    if (actor) return actor;
    throttle.recordFailure(request.ip, Date.now());
    throw new AdminError(401, "credential/invalid", "this API key is invalid, revoked or expired");
  };
}

function forbidden(missing: Missing, { role }: Rights): AdminError {
  switch (missing.kind) {
    case "role":
      return new AdminError(
        403,
        "role/too-low",
        `this operation requires the role ${missing.required}; the caller has the role ${role}`,
      );
    case "scope":
      return missingScope(missing.required);
    case "operator":
      return new AdminError(403, "role/not-operator", "this operation is restricted to users who run the platform");
  }
}

/** The error for an API key that lacks a scope. */
export function missingScope(scope: Rights["scopes"][number]): AdminError {
  return new AdminError(403, "scope/missing", `this API key does not have the scope ${scope}`, {
    hint: `Create a key that has it: \`keelson keys create NAME --scope ${scope}\`.`,
  });
}

/** @throws AdminError 429 if this address has sent too many invalid credentials. */
export function requireUnthrottled(throttle: Throttle, address: string): void {
  const waitMs = throttle.waitMs(address, Date.now());
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1000);
  throw new AdminError(429, "credential/too-many", "too many invalid credentials from this address", {
    hint: `Try again in ${seconds} s.`,
    retryAfter: seconds,
  });
}

/** The caller of an operation that requires credentials. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new Error(`${request.method} ${request.url} is open to anonymous clients and has no actor`);
  return request.actor;
}
