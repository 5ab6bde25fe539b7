/**
 * One cycle of each knot of a graph, as names in order, beginning with its smallest name. Walks each edge once; names
 * that are no nodes are passed over. Iterative, so that a chain of ten thousand does not end the stack.
 */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  /** How deep in the current path a name stands; `done` once everything below it was walked. */
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
  return distinctKnots(cycles);
}

function fromSmallest(cycle: readonly string[]): string[] {
  let smallest = 0;
  for (const [index, name] of cycle.entries()) if (name < (cycle[smallest] ?? "")) smallest = index;
  return [...cycle.slice(smallest), ...cycle.slice(0, smallest)];
}

/** Cycles that share a name are one knot: its shortest is told. */
function distinctKnots(cycles: readonly string[][]): string[][] {
  const told = new Set<string>();
  const chosen: string[][] = [];
  for (const cycle of [...cycles].sort((a, b) => a.length - b.length)) {
    if (cycle.some((name) => told.has(name))) continue;
    for (const name of cycle) told.add(name);
    chosen.push(cycle);
  }
  return chosen;
}
