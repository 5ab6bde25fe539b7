/** Polls until the condition holds; rejects after `limitMs` milliseconds with what was expected. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  expected = "the condition",
  limitMs = 10_000,
): Promise<void> {
  for (const end = Date.now() + limitMs; ; ) {
    if (await condition()) return;
    if (Date.now() >= end) throw new Error(`${expected} did not hold within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
