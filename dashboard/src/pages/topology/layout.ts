/**
 * Places the nodes of a call graph in layers: whoever calls stands before whom they call, and within a layer near those
 * that they talk to, so that few lines cross. Pure: the same graph always gives the same picture.
 */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Graph {
  readonly nodes: readonly { readonly id: string }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Direction = "right" | "down";

const gaps = { right: { layer: 96, sibling: 24 }, down: { layer: 72, sibling: 20 } };

/** The upper left corner of every node. In a `down` layout a layer wider than `across` nodes is broken into rows. */
export function layeredLayout(
  graph: Graph,
  size: Size,
  direction: Direction,
  across = Number.POSITIVE_INFINITY,
): ReadonlyMap<string, Point> {
  const layers = rows(orderLayers(graph, layersOf(graph)), across);
  const gap = gaps[direction];
  const [along, aside] = direction === "right" ? [size.width, size.height] : [size.height, size.width];
  const widest = Math.max(0, ...layers.map((layer) => extent(layer.length, aside, gap.sibling)));
  const points = new Map<string, Point>();
  layers.forEach((layer, depth) => {
    const start = (widest - extent(layer.length, aside, gap.sibling)) / 2;
    layer.forEach((id, index) => {
      const main = depth * (along + gap.layer);
      const cross = start + index * (aside + gap.sibling);
      points.set(id, direction === "right" ? { x: main, y: cross } : { x: cross, y: main });
    });
  });
  return points;
}

function extent(count: number, size: number, gap: number): number {
  return count * size + (count - 1) * gap;
}

function rows(layers: readonly (readonly string[])[], across: number): readonly (readonly string[])[] {
  if (!Number.isFinite(across)) return layers;
  return layers.flatMap((layer) =>
    Array.from({ length: Math.ceil(layer.length / across) }, (_, row) => layer.slice(row * across, (row + 1) * across)),
  );
}

/** The longest way from a beginning to each node; an edge that closes a circle counts for nothing. */
function layersOf({ nodes, edges }: Graph): readonly (readonly string[])[] {
  const known = new Set(nodes.map(({ id }) => id));
  const callers = new Map<string, string[]>();
  for (const { from, to } of edges) {
    if (from === to || !known.has(from) || !known.has(to)) continue;
    callers.set(to, [...(callers.get(to) ?? []), from]);
  }
  const depths = new Map<string, number>();
  const visiting = new Set<string>();
  const depth = (id: string): number => {
    const found = depths.get(id);
    if (found !== undefined) return found;
    visiting.add(id);
    const before = (callers.get(id) ?? []).filter((caller) => !visiting.has(caller)).map(depth);
    visiting.delete(id);
    const own = before.length === 0 ? 0 : Math.max(...before) + 1;
    depths.set(id, own);
    return own;
  };
  const layers: string[][] = [];
  for (const { id } of nodes) {
    const at = depth(id);
    while (layers.length <= at) layers.push([]);
    layers[at]?.push(id);
  }
  return layers.filter((layer) => layer.length > 0);
}

const sweeps = 8;

/** Moves each node to the middle of its neighbours in the layers before (then after) it, again and again. */
function orderLayers({ edges }: Graph, layers: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const neighbours = new Map<string, string[]>();
  for (const { from, to } of edges) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to]);
    neighbours.set(to, [...(neighbours.get(to) ?? []), from]);
  }
  let best = layers;
  let fewest = crossings(edges, best);
  let current = layers.map((layer) => [...layer]);
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep++) {
    const position = new Map<string, number>();
    for (const layer of current) layer.forEach((id, index) => position.set(id, (index + 0.5) / layer.length));
    current = current.map((layer) => {
      const middle = (id: string): number => {
        const around = neighbours.get(id) ?? [];
        if (around.length === 0) return position.get(id) ?? 0;
        return around.reduce((sum, other) => sum + (position.get(other) ?? 0), 0) / around.length;
      };
      const sorted = layer
        .map((id, index) => ({ id, index, at: middle(id) }))
        .sort((a, b) => a.at - b.at || a.index - b.index)
        .map(({ id }) => id);
      sorted.forEach((id, index) => position.set(id, (index + 0.5) / sorted.length));
      return sorted;
    });
    const now = crossings(edges, current);
    if (now < fewest) {
      fewest = now;
      best = current;
    }
  }
  return best;
}

/** How many pairs of edges cross, by the order of their ends. */
function crossings(edges: Graph["edges"], layers: readonly (readonly string[])[]): number {
  const place = new Map<string, { layer: number; index: number }>();
  layers.forEach((layer, depth) => {
    layer.forEach((id, index) => place.set(id, { layer: depth, index: (index + 0.5) / layer.length }));
  });
  const lines = edges.flatMap(({ from, to }) => {
    const a = place.get(from);
    const b = place.get(to);
    return a && b && a.layer < b.layer ? [{ a, b }] : [];
  });
  let count = 0;
  for (const [index, one] of lines.entries()) {
    for (const other of lines.slice(index + 1)) {
      const overlap = one.a.layer < other.b.layer && other.a.layer < one.b.layer;
      if (overlap && (one.a.index - other.a.index) * (one.b.index - other.b.index) < 0) count++;
    }
  }
  return count;
}
