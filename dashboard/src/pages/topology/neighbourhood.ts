import type { Topology } from "../../api/topology.js";

/** Components of a map of the whole plan: a larger one cannot be read, and takes seconds to lay out. */
export const MAX_MAPPED = 60;
/** Neighbours in the map of one component; many of them call each other as well. */
const MAX_NEIGHBOURS = 24;

export interface Neighbourhood {
  readonly topology: Pick<Topology, "nodes" | "edges">;
  /** Neighbours that are not in the map because there is no room for them. */
  readonly omitted: number;
}

/** A component with its callers and the components that it calls, and the calls among them. */
export function neighbourhood({ nodes, edges }: Pick<Topology, "nodes" | "edges">, centre: string): Neighbourhood {
  const near = new Set<string>();
  for (const { from, to } of edges) {
    if (from === centre) near.add(to);
    if (to === centre) near.add(from);
  }
  near.delete(centre);
  const shown = new Set([centre, ...[...near].slice(0, MAX_NEIGHBOURS)]);
  return {
    topology: {
      nodes: nodes.filter(({ id }) => shown.has(id)),
      edges: edges.filter(({ from, to }) => shown.has(from) && shown.has(to)),
    },
    omitted: near.size + 1 - shown.size,
  };
}

/** Where a large map begins: the first entrance, otherwise the component with the most calls. */
export function firstCentre({ nodes, edges }: Pick<Topology, "nodes" | "edges">): string | undefined {
  const entrance = nodes.find(({ kind }) => kind === "entrance");
  if (entrance) return entrance.id;
  const calls = new Map<string, number>();
  for (const { from, to } of edges) for (const id of [from, to]) calls.set(id, (calls.get(id) ?? 0) + 1);
  return nodes.toSorted((a, b) => (calls.get(b.id) ?? 0) - (calls.get(a.id) ?? 0))[0]?.id;
}
