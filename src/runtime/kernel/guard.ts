import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { PrefixAuthority } from "../../contracts/authority.js";
import type { ErrorCode } from "../../errors/catalogue.js";
import { answerJson, type Handler } from "./listener.js";

/** Who asks, as far as that can be told from a request. */
export interface Guard {
  /** A process of the platform, or somebody with its token. */
  internal(request: IncomingMessage): boolean;
  /**
   * Whoever runs the platform, and no stranger: this machine itself, or anybody with the internal token. What came through
   * a proxy is a stranger's, because a proxy on this machine asks for the whole world.
   */
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

/** `handler` for the platform's own processes only. */
export function internalOnly(guard: Guard, handler: Handler): Handler {
  const error = { code: "internal/unauthorized" satisfies ErrorCode, message: "this path takes the internal token" };
  return (request, response) =>
    guard.internal(request) ? handler(request, response) : answerJson(response, 401, { error });
}

/** `handler` for operators only. */
export function operatorsOnly(guard: Guard, handler: Handler): Handler {
  const message = "this page answers on its own machine, and elsewhere takes the internal token";
  const error = { code: "operators/only" satisfies ErrorCode, message };
  return (request, response) =>
    guard.operator(request) ? handler(request, response) : answerJson(response, 401, { error });
}

/** Headers that a proxy adds: what comes with one was not asked by this machine, whoever opened the connection. */
const forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"] as const;

function fromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const address = socket.remoteAddress?.replace(/^::ffff:/, "");
  const loopback = address === "::1" || address?.startsWith("127.") === true;
  return loopback && forwarded.every((name) => headers[name] === undefined);
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
