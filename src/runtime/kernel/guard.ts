import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { PrefixAuthority } from "../../contracts/authority.js";
import type { ErrorCode } from "../../errors/catalogue.js";
import { type Handler, respondJson } from "./listener.js";

/** Classifies the sender of a request. */
export interface Guard {
  /** The request carries the internal token: it comes from a process of the platform. */
  internal(request: IncomingMessage): boolean;
  /** The request carries the internal token, or comes directly from this machine and is addressed to it. */
  operator(request: IncomingMessage): boolean;
}

export function guardWith(token: string): Guard {
  const expected = Buffer.from(`Bearer ${token}`);
  const internal = (request: IncomingMessage): boolean => {
    const given = Buffer.from(request.headers.authorization ?? "");
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
  return { internal, operator: (request) => fromThisMachine(request) || internal(request) };
}

/** `handler` for the platform's own processes only; responds with 401 to others. */
function internalOnly(guard: Guard, handler: Handler): Handler {
  const error = { code: "internal/unauthorized" satisfies ErrorCode, message: "this path requires the internal token" };
  return (request, response) =>
    guard.internal(request) ? handler(request, response) : respondJson(response, 401, { error });
}

/** `handler` for operators only; responds with 401 to others. */
export function operatorsOnly(guard: Guard, handler: Handler): Handler {
  const message = "this path requires the internal token, unless it is requested on its own machine as localhost";
  const error = { code: "operators/only" satisfies ErrorCode, message };
  return (request, response) =>
    guard.operator(request) ? handler(request, response) : respondJson(response, 401, { error });
}

/** Headers that a proxy adds. A request with one is untrusted: a proxy on this machine forwards requests of other machines. */
const FORWARDING_HEADERS = ["forwarded", "x-forwarded-for", "x-real-ip", "via"] as const;

function fromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const address = socket.remoteAddress?.replace(/^::ffff:/, "");
  const loopback = address === "::1" || address?.startsWith("127.") === true;
  return loopback && isLocalHost(headers.host) && FORWARDING_HEADERS.every((name) => headers[name] === undefined);
}

/**
 * Whether a Host header names this machine: an IP address or `localhost`. Any other name may be a web page's that resolves to
 * 127.0.0.1 (DNS rebinding): the browser of a user of this machine would then send the page's requests from loopback.
 */
export function isLocalHost(host: string | undefined): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host ?? "") ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  return plain !== undefined && (isIP(plain) === 4 || /^(?:.+\.)?localhost$/i.test(plain));
}

/**
 * `handler` behind the check that `authority` requires before it. Authorities other than `internal-token` and
 * `host-operator` are enforced by the handler.
 * @throws Error for a path below `/internal/` with another authority than the internal token.
 */
export function guarded(prefix: string, authority: PrefixAuthority, guard: Guard, handler: Handler): Handler {
  if (prefix.startsWith("/internal/") && authority.kind !== "internal-token")
    throw new Error(`${prefix} must require the internal token, not ${authority.kind}`);
  switch (authority.kind) {
    case "internal-token":
      return internalOnly(guard, handler);
    case "host-operator":
      return operatorsOnly(guard, handler);
    case "anonymous":
    case "actor":
    case "inference-key":
    case "per-route":
      return handler;
  }
}
