import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { PrefixAuthority } from "../../contracts/authority.js";
import {
  acceptedTokens,
  bearerToken,
  CLIENT_ADDRESS_HEADER,
  CLIENT_HOST_HEADER,
  FORWARDED_BY_HEADER,
} from "../../contracts/platform-token.js";
import { isFromOwnPage } from "./hosts.js";
import type { Handler } from "./listener.js";
import type { Refuse } from "./refuse.js";

/**
 * Classifies the sender of a request. The address of the connection proves nothing: a proxy, a tunnel, a web page in a browser
 * and every other user of this machine connect from loopback as well.
 */
export interface Guard {
  /** The request carries the token: it comes from a process of the platform, or from an operator of this machine. */
  internal(request: IncomingMessage): boolean;
  /** The client of a request, also if a module of the platform has forwarded the request. */
  client(request: IncomingMessage): Client;
}

/** The client of a request as the first process of the platform sees it. */
export interface Client {
  readonly address: string;
  /** The `Host` header; empty without one. */
  readonly host: string;
}

/** `secret`: one token per line, each of which is accepted. */
export function guardWith(secret: string): Guard {
  const expected = acceptedTokens(secret).map((token) => Buffer.from(token));
  const isAccepted = (token: string): boolean => {
    const given = Buffer.from(token);
    return expected.some((each) => each.length === given.length && timingSafeEqual(each, given));
  };
  return {
    internal: ({ headers }) => isAccepted(bearerToken(headers.authorization)),
    client: ({ headers, socket }) => {
      const { [CLIENT_ADDRESS_HEADER]: address, [CLIENT_HOST_HEADER]: host, [FORWARDED_BY_HEADER]: by } = headers;
      if (typeof address === "string" && typeof host === "string" && typeof by === "string" && isAccepted(by))
        return { address, host };
      return { address: socket.remoteAddress?.replace(/^::ffff:/, "") ?? "", host: headers.host ?? "" };
    },
  };
}

/** `handler` for the holders of the token only; responds with 401 to others. */
export function internalOnly(guard: Guard, refuse: Refuse, handler: Handler): Handler {
  return (request, response) =>
    guard.internal(request)
      ? handler(request, response)
      : refuse(
          request,
          response,
          "internal/unauthorized",
          "this path requires the internal token, also on the machine itself",
        );
}

/** `handler` behind the check that the request does not come from a page of another site, of which the browser reports the origin. */
function ownPagesOnly(isOwnName: (host: string) => boolean, refuse: Refuse, handler: Handler): Handler {
  return (request, response) =>
    isFromOwnPage(request, isOwnName)
      ? handler(request, response)
      : refuse(
          request,
          response,
          "request/cross-origin",
          "a page of another origin may not use the admin API",
          "Declare the name of this platform as `host` of an entrance, if the page is its own.",
        );
}

/**
 * `handler` behind the checks that do not need the module: the token for `internal-token`, and the origin for the admin API.
 * Other authorities are enforced by the handler.
 * @throws Error for a path below `/internal/` with another authority than the internal token.
 */
export function guarded(
  prefix: string,
  authority: PrefixAuthority,
  guard: Guard,
  isOwnName: (host: string) => boolean,
  refuse: Refuse,
  handler: Handler,
): Handler {
  if (prefix.startsWith("/internal/") && authority.kind !== "internal-token")
    throw new Error(`${prefix} must require the internal token, not ${authority.kind}`);
  if (authority.kind === "internal-token") return internalOnly(guard, refuse, handler);
  return /^\/admin(\/|$)/.test(prefix) ? ownPagesOnly(isOwnName, refuse, handler) : handler;
}
