/** Requests at once: the size of the client's connection pool. The API server stays responsive to other clients. */
export const MAX_REQUESTS_AT_ONCE = 8;

/** Maps items with at most `MAX_REQUESTS_AT_ONCE` calls at once, and keeps their order. Rejects with the first error, after the running calls. */
export async function inParallel<In, Out>(
  items: readonly In[],
  act: (item: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = [];
  const queue = items.entries();
  let failed = false;
  const work = async () => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await act(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: MAX_REQUESTS_AT_ONCE }, work));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return results;
}
