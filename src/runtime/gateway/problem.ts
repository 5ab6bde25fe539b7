import type { ServerResponse } from "node:http";

/** Why a request is not answered: one row per case, rendered in the shape of whichever API was called. */
export const PROBLEMS = {
  missing_api_key: { status: 401, type: "authentication_error" },
  invalid_api_key: { status: 401, type: "authentication_error" },
  scope_missing: { status: 403, type: "permission_error" },
  model_not_allowed: { status: 403, type: "permission_error" },
  model_not_found: { status: 404, type: "invalid_request_error" },
  not_found: { status: 404, type: "invalid_request_error" },
  method_not_allowed: { status: 405, type: "invalid_request_error" },
  invalid_body: { status: 400, type: "invalid_request_error" },
  unsupported: { status: 400, type: "invalid_request_error" },
  request_incomplete: { status: 400, type: "invalid_request_error" },
  body_too_large: { status: 413, type: "invalid_request_error" },
  body_encoding: { status: 415, type: "invalid_request_error" },
  queue_full: { status: 429, type: "rate_limit_error" },
  queue_deadline: { status: 503, type: "server_error" },
  model_unavailable: { status: 503, type: "server_error" },
  accounts_unavailable: { status: 503, type: "server_error" },
  usage_unavailable: { status: 503, type: "server_error" },
  memory_exhausted: { status: 503, type: "server_error" },
  upstream_failed: { status: 502, type: "server_error" },
  internal: { status: 500, type: "server_error" },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

export interface Problem {
  readonly code: ProblemCode;
  readonly status: number;
  readonly type: string;
  readonly message: string;
  /** The field of the request that it is about. */
  readonly param: string | null;
  /** Seconds after which it is worth trying again. */
  readonly retryAfter: number | undefined;
}

export function problem(
  code: ProblemCode,
  message: string,
  more: { readonly param?: string; readonly retryAfter?: number } = {},
): Problem {
  const { status, type } = PROBLEMS[code];
  return { code, status, type, message, param: more.param ?? null, retryAfter: more.retryAfter };
}

const USAGE_RETRY_AFTER_SECONDS = 5;

/** The journal cannot be written: the request is refused rather than answered without being counted. */
export function usageUnavailable(): Problem {
  return problem("usage_unavailable", "usage cannot be recorded at the moment, so the request was refused", {
    retryAfter: USAGE_RETRY_AFTER_SECONDS,
  });
}

/** `name`: as the client has it, of any length. */
export function noSuchModel(name: string): Problem {
  const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  return problem("model_not_found", `the model ${shown} does not exist`, { param: "model" });
}

export type Api = "openai" | "ollama";

/** The error document of the API that the client speaks. */
export function problemBody(api: Api, { message, type, param, code }: Problem): string {
  return JSON.stringify(api === "ollama" ? { error: message } : { error: { message, type, param, code } });
}

/** Answers with a problem. Does nothing when the answer has begun or the client has gone. */
export function refuse(response: ServerResponse, api: Api, refused: Problem, requestId?: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(problemBody(api, refused));
  const headers: Record<string, string | number> = {
    "content-type": "application/json",
    "content-length": body.length,
  };
  if (refused.retryAfter !== undefined) headers["retry-after"] = refused.retryAfter;
  if (refused.status === 401) headers["www-authenticate"] = "Bearer";
  if (requestId !== undefined) headers["x-request-id"] = requestId;
  response.writeHead(refused.status, headers);
  response.end(body);
}
