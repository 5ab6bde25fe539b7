/** An error that the kernel itself responds with, before or instead of a module. */
export interface HttpError {
  /** HTTP status, 400..599. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
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
