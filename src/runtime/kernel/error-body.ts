/** Every error that the kernel itself responds with, before or instead of a module, with its HTTP status. */
export const KERNEL_ERRORS = {
  bad_request: { status: 400, summary: "The request is not valid HTTP, or has no `Host` header." },
  not_found: { status: 404, summary: "No module serves this path." },
  request_timeout: { status: 408, summary: "The request did not arrive in time." },
  chunk_extensions_too_large: { status: 413, summary: "The chunk extensions of the body are too large." },
  expectation_failed: { status: 417, summary: "The only supported expectation is `100-continue`." },
  misdirected_request: { status: 421, summary: "The `Host` header is not a name of this platform." },
  too_many_connections: {
    status: 429,
    summary:
      "The network of the client (an IPv4 address, an IPv6 /64) has the maximum of open connections. Reuse connections (keep-alive); a proxy in front can pool those of its clients.",
  },
  headers_too_large: { status: 431, summary: "The headers exceed the size limit." },
  internal: { status: 500, summary: "A defect; the log has the error." },
  starting: { status: 503, summary: "The platform is starting or stopping; retry shortly." },
} as const;

export interface HttpError {
  /** HTTP status, 400..599. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export function kernelError(code: keyof typeof KERNEL_ERRORS, message: string): HttpError {
  return { status: KERNEL_ERRORS[code].status, code, message };
}

/**
 * The body of an error in the shape of the API that `path` belongs to, so that its clients can read it. Ollama's API has
 * `{"error": "text"}` (https://github.com/ollama/ollama/blob/main/docs/api.md); OpenAI's has an object with `message`, `type`,
 * `param` and `code` (https://platform.openai.com/docs/guides/error-codes); Keelson's own paths have `code` and `message`. An empty
 * path is one that could not be read: the body has OpenAI's shape, which includes Keelson's fields.
 */
export function errorBody(path: string, { status, code, message }: HttpError): object {
  if (path.startsWith("/api/")) return { error: message };
  if (path === "" || /^\/v1(?:[/?]|$)/.test(path)) {
    const type = status < 500 ? "invalid_request_error" : "server_error";
    return { error: { message, type, param: null, code } };
  }
  return { error: { code, message } };
}
