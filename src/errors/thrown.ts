/** JavaScript can throw any value. The value itself if it is an Error, else an Error with the value as its cause. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** The message of a thrown value. Of an AggregateError without a message of its own (a connection to each address of a host failed): that of the first error. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "" && thrown.errors.length > 0)
    return messageOf(thrown.errors[0]);
  return thrown instanceof Error ? thrown.message : String(thrown);
}
