/**
 * Layered layout of a call graph: a caller is in an earlier layer than the components that it calls, and nodes are ordered
 * within a layer to be near their neighbours. An edge over several layers is routed between their nodes. After Sugiyama,
 * Tagawa and Toda (1981). Deterministic.
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

/** `right`: layers are columns. `down`: layers are rows. */
export type Direction = "right" | "down";

export interface Layout {
  /** The top left corner of every node. */
  readonly points: ReadonlyMap<string, Point>;
  /** Intermediate points of an edge by `edgeKey`; none between adjacent layers. */
  readonly waypoints: ReadonlyMap<string, readonly Point[]>;
  readonly width: number;
  readonly height: number;
}

export function edgeKey(from: string, to: string): string {
  return `${from}→${to}`;
}

const gaps = { right: { layer: 52, sibling: 22 }, down: { layer: 44, sibling: 12 } };
/** Space for an edge that is routed between the nodes of a layer. */
const lanes = { right: 14, down: 4 };

/** A slot in a layer: a node, or a waypoint of a long edge. */
interface Slot {
  readonly id: string;
  readonly size: number;
}

/**
 * A layer of more than `across` nodes is split into rows, which are separate layers. In that case, all calls to one component
 * share one lane of a layer.
 */
export function layeredLayout(
  graph: Graph,
  size: Size,
  direction: Direction,
  across = Number.POSITIVE_INFINITY,
): Layout {
  const [along, aside] = direction === "right" ? [size.width, size.height] : [size.height, size.width];
  const gap = gaps[direction];
  const narrow = Number.isFinite(across);
  const deep = nodeSlots(graph, depthsOf(graph), aside);
  const rows = narrow ? broken(orderLayers(deep, graph.edges), across) : deep;
  const depth = new Map(rows.flatMap((row, index) => row.map(({ id }) => [id, index] as const)));
  const passed = (from: string, to: string) => passages(from, to, depth, narrow);
  const routed = withLanes(rows, graph.edges, passed, lanes[direction]);
  const layers = orderLayers(routed.slots, routed.links);
  const centres = narrow ? placeInMiddle(layers, depth, gap.sibling) : placeAcross(layers, routed.links, gap.sibling);

  const points = new Map<string, Point>();
  const stops = new Map<string, readonly Point[]>();
  let extentAcross = 0;
  layers.forEach((layer, index) => {
    const main = index * (along + gap.layer);
    for (const { id, size: extent } of layer) {
      const centre = centres.get(id) ?? 0;
      extentAcross = Math.max(extentAcross, centre + extent / 2);
      const at = (a: number, b: number): Point => (direction === "right" ? { x: a, y: b } : { x: b, y: a });
      if (depth.has(id)) points.set(id, at(main, centre - extent / 2));
      else stops.set(id, [at(main, centre), at(main + along, centre)]);
    }
  });
  const waypoints = new Map(
    graph.edges.map(({ from, to }) => [edgeKey(from, to), passed(from, to).flatMap(({ id }) => stops.get(id) ?? [])]),
  );
  const length = layers.length === 0 ? 0 : layers.length * (along + gap.layer) - gap.layer;
  return {
    points,
    waypoints,
    ...(direction === "right" ? { width: length, height: extentAcross } : { width: extentAcross, height: length }),
  };
}

/** The length of the longest path from a root to each node; an edge that closes a cycle is ignored. */
function depthsOf({ nodes, edges }: Graph): ReadonlyMap<string, number> {
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
  for (const { id } of nodes) depth(id);
  return depths;
}

type Layers = readonly (readonly Slot[])[];

function nodeSlots({ nodes }: Graph, depth: ReadonlyMap<string, number>, size: number): Slot[][] {
  const layers: Slot[][] = Array.from({ length: Math.max(-1, ...depth.values()) + 1 }, () => []);
  for (const { id } of nodes) layers[depth.get(id) ?? 0]?.push({ id, size });
  return layers;
}

/** The point at which an edge crosses a layer between its ends. */
interface Passage {
  readonly id: string;
  readonly layer: number;
}

/** The lanes of an edge through the layers between its ends; `shared` by all edges to the same node. */
function passages(from: string, to: string, depth: ReadonlyMap<string, number>, shared: boolean): readonly Passage[] {
  const first = (depth.get(from) ?? 0) + 1;
  const last = (depth.get(to) ?? 0) - 1;
  const name = shared ? edgeKey("", to) : edgeKey(from, to);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({
    id: `${name}@${first + index}`,
    layer: first + index,
  }));
}

function withLanes(
  layers: Layers,
  edges: Graph["edges"],
  passed: (from: string, to: string) => readonly Passage[],
  size: number,
): { slots: Layers; links: Graph["edges"] } {
  const slots = layers.map((layer) => [...layer]);
  const made = new Set<string>();
  const links = edges.flatMap(({ from, to }) => {
    const way = passed(from, to);
    for (const { id, layer } of way) {
      if (made.has(id)) continue;
      made.add(id);
      slots[layer]?.push({ id, size });
    }
    const stops = [from, ...way.map(({ id }) => id), to];
    return stops.slice(1).map((next, index) => ({ from: stops[index] ?? from, to: next }));
  });
  return { slots, links };
}

function broken(layers: Layers, across: number): Layers {
  return layers.flatMap((layer) =>
    Array.from({ length: Math.ceil(layer.length / across) }, (_, row) => layer.slice(row * across, (row + 1) * across)),
  );
}

function neighboursOf(links: Graph["edges"]): ReadonlyMap<string, readonly string[]> {
  const neighbours = new Map<string, string[]>();
  for (const { from, to } of links) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to]);
    neighbours.set(to, [...(neighbours.get(to) ?? []), from]);
  }
  return neighbours;
}

const ORDERING_SWEEPS = 12;

/** Repeatedly moves each slot to the mean position of its neighbours; returns the order with the fewest crossings. */
function orderLayers(layers: Layers, links: Graph["edges"]): Layers {
  const neighbours = neighboursOf(links);
  let best = layers;
  let fewest = crossings(links, layers);
  let current = layers;
  for (let sweep = 0; sweep < ORDERING_SWEEPS && fewest > 0; sweep++) {
    const position = new Map<string, number>();
    for (const layer of current)
      for (const [index, { id }] of layer.entries()) position.set(id, (index + 0.5) / layer.length);
    current = current.map((layer) => {
      const middle = (id: string): number => mean(neighbours.get(id), position) ?? position.get(id) ?? 0;
      const sorted = layer
        .map((slot, index) => ({ slot, index, at: middle(slot.id) }))
        .sort((a, b) => a.at - b.at || a.index - b.index)
        .map(({ slot }) => slot);
      for (const [index, { id }] of sorted.entries()) position.set(id, (index + 0.5) / sorted.length);
      return sorted;
    });
    const now = crossings(links, current);
    if (now < fewest) {
      fewest = now;
      best = current;
    }
  }
  return best;
}

/** The number of crossing pairs of links, from the order of their ends. */
function crossings(links: Graph["edges"], layers: Layers): number {
  const place = new Map<string, { layer: number; index: number }>();
  layers.forEach((layer, depth) => {
    for (const [index, { id }] of layer.entries()) place.set(id, { layer: depth, index: (index + 0.5) / layer.length });
  });
  const lines = links.flatMap(({ from, to }) => {
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

/** Centres the nodes of every layer: aligning them with neighbours several rows away would look arbitrary. */
function placeInMiddle(layers: Layers, nodes: ReadonlyMap<string, number>, gap: number): ReadonlyMap<string, number> {
  const centres = new Map<string, number>();
  for (const layer of layers) {
    sideBySide(layer, centres, gap);
    const middle = mean(
      layer.flatMap(({ id }) => (nodes.has(id) ? [id] : [])),
      centres,
    );
    shift(layer, centres, -(middle ?? 0));
  }
  fromZero(layers, centres);
  return centres;
}

/** The centre of every slot across the layers: near the mean of its neighbours, at least the gap away from its siblings. */
function placeAcross(layers: Layers, links: Graph["edges"], gap: number): ReadonlyMap<string, number> {
  const neighbours = neighboursOf(links);
  const centres = new Map<string, number>();
  for (const layer of layers) shift(layer, centres, -sideBySide(layer, centres, gap) / 2);
  for (let sweep = 0; sweep < ORDERING_SWEEPS; sweep++) {
    const order = sweep % 2 === 0 ? layers : [...layers].reverse();
    for (const layer of order) {
      const wanted = layer.map(({ id }) => mean(neighbours.get(id), centres) ?? centres.get(id) ?? 0);
      let at = Number.NEGATIVE_INFINITY;
      layer.forEach((slot, index) => {
        const before = layer[index - 1];
        at = Math.max(wanted[index] ?? 0, before ? at + apart(before, slot, gap) : Number.NEGATIVE_INFINITY);
        centres.set(slot.id, at);
      });
      // Nodes were pushed in one direction only: shift the layer back by the mean displacement.
      const pushed = layer.reduce((sum, { id }, index) => sum + (centres.get(id) ?? 0) - (wanted[index] ?? 0), 0);
      if (layer.length > 0) shift(layer, centres, -pushed / layer.length);
    }
  }
  fromZero(layers, centres);
  return centres;
}

/** The minimum distance between the centres of two adjacent slots of a layer. */
function apart(a: Slot, b: Slot, gap: number): number {
  return (a.size + b.size) / 2 + gap;
}

/** Places the first centre at 0 and the others after it; returns the position of the last. */
function sideBySide(layer: readonly Slot[], centres: Map<string, number>, gap: number): number {
  let at = 0;
  layer.forEach((slot, index) => {
    const before = layer[index - 1];
    at = before ? at + apart(before, slot, gap) : 0;
    centres.set(slot.id, at);
  });
  return at;
}

function fromZero(layers: Layers, centres: Map<string, number>): void {
  const least = Math.min(...layers.flat().map(({ id, size }) => (centres.get(id) ?? 0) - size / 2));
  for (const layer of layers) shift(layer, centres, -least);
}

function shift(layer: readonly Slot[], centres: Map<string, number>, by: number): void {
  for (const { id } of layer) centres.set(id, (centres.get(id) ?? 0) + by);
}

function mean(ids: readonly string[] | undefined, of: ReadonlyMap<string, number>): number | undefined {
  const known = (ids ?? []).flatMap((id) => of.get(id) ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}
