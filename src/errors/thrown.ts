/** A thrown value as an Error. JavaScript can throw any value: one that is not an Error becomes the cause of a new Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/**
 * The message of a thrown value. An AggregateError may have no message (Node.js throws one if the connections to all addresses of
 * a host fail): then the message of its first error.
 */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "" && thrown.errors.length > 0)
    return messageOf(thrown.errors[0]);
  return thrown instanceof Error ? thrown.message : String(thrown);
}
