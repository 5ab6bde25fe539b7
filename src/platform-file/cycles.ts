/**
 * Cycles of a directed graph (depth-first search), as names in order, starting with the smallest name. Of cycles that share a
 * name, the shortest. Visits each edge once and ignores edges to unknown names. Iterative, so that a chain of ten thousand
 * names does not overflow the stack.
 */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  /** Depth of a name in the current path; `done` when everything reachable from it was visited. */
  const state = new Map<string, number | "done">();
  const cycles: string[][] = [];
  for (const root of graph.keys()) {
    if (state.has(root)) continue;
    const path: { name: string; next: Iterator<string> }[] = [];
    const enter = (name: string): void => {
      state.set(name, path.length);
      path.push({ name, next: (graph.get(name) ?? [])[Symbol.iterator]() });
    };
    enter(root);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const { done, value } = top.next.next();
      if (done) {
        state.set(top.name, "done");
        path.pop();
      } else if (graph.has(value)) {
        const seen = state.get(value);
        if (seen === undefined) enter(value);
        else if (seen !== "done") cycles.push(fromSmallest(path.slice(seen).map(({ name }) => name)));
      }
    }
  }
  return disjoint(cycles);
}

function fromSmallest(cycle: readonly string[]): string[] {
  let smallest = 0;
  for (const [index, name] of cycle.entries()) if (name < (cycle[smallest] ?? "")) smallest = index;
  return [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
}

/** The shortest of the cycles that share a name. */
function disjoint(cycles: readonly string[][]): string[][] {
  const used = new Set<string>();
  const chosen: string[][] = [];
  for (const cycle of [...cycles].sort((a, b) => a.length - b.length)) {
    if (cycle.some((name) => used.has(name))) continue;
    for (const name of cycle) used.add(name);
    chosen.push(cycle);
  }
  return chosen;
}
