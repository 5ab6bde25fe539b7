/**
 * All items of a list that a platform returns in pages.
 * @param fetch Requests the page after a cursor (undefined: the first), and returns its items and the next cursor.
 */
export async function allPages<Item>(
  fetch: (after: string | undefined) => Promise<{ readonly items: readonly Item[]; readonly next: string | null }>,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  for (let after: string | undefined; ; ) {
    const { items, next } = await fetch(after);
    all.push(...items);
    if (next === null) return all;
    after = next;
  }
}
