/** The known name nearest to `given` by edit distance (Damerau–Levenshtein, optimal string alignment), if within 40% of its length. */
export function suggest(given: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.round(given.length * 0.4));
  let best: string | undefined;
  let nearest = limit + 1;
  for (const name of known) {
    if (Math.abs(name.length - given.length) >= nearest) continue;
    const distance = name.toLowerCase() === given.toLowerCase() ? 0 : editDistance(given, name);
    if (distance < nearest) {
      best = name;
      nearest = distance;
    }
  }
  return best;
}

const MAX_LISTED_NAMES = 24;

/** `did you mean …?` if a known name is near, else the known names if there are at most 24. */
export function didYouMean(given: string, known: readonly string[]): string | undefined {
  const near = suggest(given, known);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (known.length === 0 || known.length > MAX_LISTED_NAMES) return undefined;
  return `known names: ${[...known].sort().join(", ")}`;
}

/** Number of insertions, deletions, substitutions and transpositions of neighbours that turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
