import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Authority, type Missing, missingRight, type Rights } from "../../contracts/authority.js";
import type { Actor } from "../../contracts/credentials.js";
import { bearerToken, PERSON_HEADER, personIn } from "../../contracts/platform-token.js";
import type { Accounts } from "../accounts/client.js";
import { hashToken, isToken } from "../accounts/client.js";
import type { Context } from "../kernel/module.js";
import { AdminError } from "./errors.js";
import { recentSessionsOf } from "./recent-sessions.js";
import { Throttle } from "./throttle.js";

/**
 * A session has two halves. The browser sends the cookie to every port of the host, so each other server on it receives the cookie;
 * only pages of the platform's own origin have the proof. It also protects from forged requests, which cannot set a header.
 */
export const PROOF_HEADER = "x-keelson";
const PROOF = /^[\w-]{43}$/;

/** Start of the names of session cookies. */
export const SESSION_COOKIE = "keelson_session";

/** The name of the session cookie at an address: platforms on other ports of the same host have cookies of their own. */
export function sessionCookie(host: string): string {
  const port = /:(\d+)$/.exec(host)?.[1];
  return port === undefined ? SESSION_COOKIE : `${SESSION_COOKIE}_${port}`;
}

/** Hash by which a session is stored and looked up: of both halves. */
export function hashSession(cookie: string, proof: string): string {
  return hashToken(`${cookie}.${proof}`);
}

declare module "fastify" {
  interface FastifyContextConfig {
    authority?: Authority;
  }
  interface FastifyRequest {
    /** The caller; null in routes that anonymous clients may call. */
    actor: Actor | null;
  }
  interface FastifyInstance {
    /** Looks up a well-formed credential, within the limit on wrong ones of the client's address. */
    lookUpCredential: CredentialLookUp;
  }
}

type CredentialLookUp = <Found>(
  request: FastifyRequest,
  token: string,
  find: () => Promise<Found | undefined>,
  wrong: () => AdminError,
) => Promise<Found>;

const THROTTLE = { maxFailures: 20, windowMs: 60_000, maxConcurrent: 64, maxAddresses: 10_000 };

/** Checks the authority of every route before its handler runs. A route without an authority responds with 500. */
export function authenticate(
  app: FastifyInstance,
  accounts: Pick<Accounts, "identify">,
  { clientOf, metrics }: Pick<Context, "clientOf" | "metrics">,
): void {
  const throttle = new Throttle(THROTTLE);
  const recent = recentSessionsOf(metrics);
  app.decorateRequest("actor", null);
  /** Looks up a well-formed credential. @throws AdminError 401 that `wrong` creates, or 429. */
  const lookUp: CredentialLookUp = async (request, token, find, wrong) => {
    const outcome = await throttle.lookUp(clientOf(request.raw).address, hashToken(token), find);
    switch (outcome.kind) {
      case "found":
        return outcome.found;
      case "wrong":
        throw wrong();
      case "throttled":
        throw tooMany(outcome.waitMs);
    }
  };
  app.decorate("lookUpCredential", lookUp);

  app.addHook("onRequest", async (request) => {
    if (request.is404) return;
    const { authority } = request.routeOptions.config;
    if (authority?.kind === "anonymous") return;
    if (authority?.kind !== "actor")
      throw new Error(`the admin API cannot enforce the authority ${authority?.kind} of ${request.url}`);
    const actor = await identify(request);
    if (!actor) throw new AdminError("credential/missing", "this operation requires an API key or a session");
    const missing = missingRight(authority, actor);
    if (missing) throw forbidden(missing, actor);
    request.actor = actor;
  });

  const identify = async (request: FastifyRequest): Promise<Actor | undefined> => {
    const authorization = request.headers.authorization;
    if (authorization !== undefined) return byBearer(request, authorization);
    const cookie = request.cookies[sessionCookie(clientOf(request.raw).host)];
    if (cookie === undefined) return undefined;
    const proof = request.headers[PROOF_HEADER];
    if (typeof proof !== "string")
      throw new AdminError("session/no-header", `a session requires the header \`${PROOF_HEADER}\` besides its cookie`);
    const ended = (): AdminError => new AdminError("session/ended", "this session has ended");
    if (!isToken("kse", cookie) || !PROOF.test(proof)) throw ended();
    const hash = hashSession(cookie, proof);
    const identifySession = () => accounts.identify({ kind: "session", hash });
    return lookUp(request, hash, () => recent.lookUp(hash, isRecallable(request), identifySession), ended);
  };

  const byBearer = async (request: FastifyRequest, authorization: string): Promise<Actor> => {
    const token = bearerToken(authorization);
    const wrong = (): AdminError => new AdminError("credential/invalid", "this API key is invalid, revoked or expired");
    // By its form and checksum first: a mistyped or made-up key costs no look-up.
    const kind = isToken("kls", token) ? "key" : OPERATOR_TOKEN.test(token) ? "operator" : undefined;
    if (kind === undefined) throw wrong();
    const actor = await lookUp(request, token, () => accounts.identify({ kind, hash: hashToken(token) }), wrong);
    return kind === "operator" ? { ...actor, name: personOf(request) ?? actor.name } : actor;
  };
}

/** What a recent session may do while it cannot be looked up: read, and operate drills, which may be the reason. */
function isRecallable({ method, routeOptions }: FastifyRequest): boolean {
  return method === "GET" || method === "HEAD" || routeOptions.url?.startsWith("/admin/drills") === true;
}

/** The operator token, which has no checksum: 256 random bits, and not the form of another credential. */
const OPERATOR_TOKEN = /^(?!kls_|kll_|kse_)[\w-]{32,}$/;

/** The holder of the operator token, as the command line reports the user of the operating system. */
function personOf({ headers }: FastifyRequest): string | undefined {
  const person = personIn(headers[PERSON_HEADER]);
  return person === undefined ? undefined : `os:${person}`;
}

function tooMany(waitMs: number): AdminError {
  const seconds = Math.ceil(waitMs / 1000);
  return new AdminError("credential/too-many", "too many invalid credentials from this address", {
    hint: `Try again in ${seconds} s.`,
    retryAfter: seconds,
  });
}

function forbidden(missing: Missing, { role }: Rights): AdminError {
  switch (missing.kind) {
    case "role":
      return new AdminError(
        "role/too-low",
        `this operation requires the role ${missing.required}; the caller has the role ${role}`,
      );
    case "scope":
      return missingScope(missing.required);
    case "operator":
      return new AdminError("role/not-operator", "this operation is restricted to users who run the platform");
  }
}

/** The error for an API key that lacks a scope. */
export function missingScope(scope: Rights["scopes"][number]): AdminError {
  return new AdminError("scope/missing", `this API key does not have the scope ${scope}`, {
    hint: `Create a key that has it: \`keelson keys create NAME --scope ${scope}\`.`,
  });
}

/** The caller of an operation that requires credentials. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw new Error(`${request.method} ${request.url} is open to anonymous clients and has no actor`);
  return request.actor;
}
