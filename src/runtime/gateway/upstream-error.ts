/** Failures of a connection before anything was sent over it: the call was certainly not begun. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
]);

export function wasNeverSent(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && neverSent.has(error.code);
}

/**
 * The status that the client gets for an upstream's error status. That the upstream refuses *our* key, or does not know
 * the model that we were told it has, is no fault of the client's.
 */
export function statusForClient(upstream: number): number {
  return upstream === 401 || upstream === 403 || upstream === 404 ? 502 : upstream;
}

/** The message of an upstream's error document, whichever API it speaks. */
export function messageIn(body: Buffer): string | undefined {
  if (body.length === 0 || body.length > 65_536) return undefined;
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
