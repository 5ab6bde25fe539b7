import { resultOfStatus } from "../routing/health.js";

const MAX_ERROR_BYTES = 65_536;

/**
 * The status that the client receives for an upstream's error status. That the upstream refuses the gateway's credentials,
 * or does not serve the model, is not the client's fault.
 */
export function statusForClient(upstream: number): number {
  const result = resultOfStatus(upstream, false);
  return result === "unauthorised" || result === "not-found" ? 502 : upstream;
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
