import type { Result } from "../routing/health.js";

const MAX_ERROR_BYTES = 65_536;

/** Results that are faults of the server or of the gateway's configuration, and not of the client. */
const BAD_GATEWAY: ReadonlySet<Result> = new Set(["unauthorised", "not-found", "redirected", "unexpected"]);

/** The status that the client receives for an upstream's status that is not a success. `result`: what the status means. */
export function statusForClient(upstream: number, result: Result): number {
  return BAD_GATEWAY.has(result) ? 502 : upstream;
}

/** The message of an upstream's error document, of the OpenAI or the Ollama API. */
export function messageIn(body: Buffer): string | undefined {
  if (body.length === 0 || body.length > MAX_ERROR_BYTES) return undefined;
  try {
    const document: unknown = JSON.parse(body.toString("utf8"));
    if (typeof document !== "object" || document === null || !("error" in document)) return undefined;
    const { error } = document;
    if (typeof error === "string") return error;
    return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string"
      ? error.message
      : undefined;
  } catch {
    return undefined;
  }
}
