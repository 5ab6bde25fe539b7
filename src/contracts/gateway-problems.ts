/** Every error that the gateway returns: the status of the response, and the type of OpenAI's API. */
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
  request_timeout: { status: 408, type: "invalid_request_error" },
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
