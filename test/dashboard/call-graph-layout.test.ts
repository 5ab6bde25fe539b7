import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Direction,
  edgeKey,
  type Graph,
  layeredLayout,
  type Point,
} from "../../dashboard/src/pages/topology/layout.js";

const size = { width: 172, height: 74 };

function graphOf(...calls: readonly (readonly [string, string])[]): Graph {
  const ids = [...new Set(calls.flat())];
  return { nodes: ids.map((id) => ({ id })), edges: calls.map(([from, to]) => ({ from, to })) };
}

const anyGraph = fc
  .record({
    count: fc.integer({ min: 1, max: 14 }),
    calls: fc.array(fc.tuple(fc.nat(13), fc.nat(13)), { maxLength: 30 }),
  })
  .map(
    ({ count, calls }): Graph => ({
      nodes: Array.from({ length: count }, (_, index) => ({ id: `n${index}` })),
      edges: calls.map(([from, to]) => ({ from: `n${from % count}`, to: `n${to % count}` })),
    }),
  );

/** Calls from a lower to a higher number cannot close a circle. */
const acyclicGraph = anyGraph.map(
  ({ nodes, edges }): Graph => ({
    nodes,
    edges: edges.filter(({ from, to }) => Number(from.slice(1)) < Number(to.slice(1))),
  }),
);

const starter = graphOf(
  ["web", "dashboard"],
  ["web", "gateway"],
  ["gateway", "accounts"],
  ["gateway", "usage"],
  ["gateway", "assistant"],
  ["gateway", "embedder"],
  ["accounts", "database"],
  ["usage", "accounts"],
  ["usage", "database"],
  ["dashboard", "gateway"],
  ["dashboard", "accounts"],
  ["dashboard", "usage"],
  ["assistant", "huggingface.co"],
  ["embedder", "huggingface.co"],
);

/** Points on the line as it is drawn: out of the middle of the caller's side, by curves from stop to stop. */
function drawnLine(
  from: Point | undefined,
  way: readonly Point[],
  to: Point | undefined,
  direction: Direction,
): readonly Point[] {
  if (!from || !to) throw new Error("an end has no place");
  const right = direction === "right";
  const begin = right
    ? { x: from.x + size.width, y: from.y + size.height / 2 }
    : { x: from.x + size.width / 2, y: from.y + size.height };
  const end = right ? { x: to.x, y: to.y + size.height / 2 } : { x: to.x + size.width / 2, y: to.y };
  const stops = [begin, ...way, end];
  return stops.slice(1).flatMap((stop, index) => {
    const last = stops[index] ?? begin;
    const [a, b] = right
      ? [
          { x: (last.x + stop.x) / 2, y: last.y },
          { x: (last.x + stop.x) / 2, y: stop.y },
        ]
      : [
          { x: last.x, y: (last.y + stop.y) / 2 },
          { x: stop.x, y: (last.y + stop.y) / 2 },
        ];
    return Array.from({ length: 21 }, (_, step) => {
      const t = step / 20;
      const at = (of: "x" | "y") =>
        (1 - t) ** 3 * last[of] + 3 * (1 - t) ** 2 * t * a[of] + 3 * (1 - t) * t ** 2 * b[of] + t ** 3 * stop[of];
      return { x: at("x"), y: at("y") };
    });
  });
}

describe("the layout of the call graph", () => {
  it("places every caller in an earlier layer than its callees", () => {
    fc.assert(
      fc.property(acyclicGraph, (graph) => {
        const { points } = layeredLayout(graph, size, "right");
        for (const { from, to } of graph.edges)
          expect(points.get(from)?.x).toBeLessThan(points.get(to)?.x ?? Number.NEGATIVE_INFINITY);
      }),
    );
  });

  it("never lets two nodes overlap, in either direction, also with cycles", () => {
    fc.assert(
      fc.property(anyGraph, fc.constantFrom("right" as const, "down" as const), (graph, direction) => {
        const { points } = layeredLayout(graph, size, direction, direction === "down" ? 2 : undefined);
        expect(points.size).toBe(graph.nodes.length);
        const boxes = [...points.values()];
        for (const [index, one] of boxes.entries())
          for (const other of boxes.slice(index + 1))
            expect(
              Math.abs(one.x - other.x) >= size.width - 0.001 || Math.abs(one.y - other.y) >= size.height - 0.001,
            ).toBe(true);
      }),
    );
  });

  it("keeps all nodes within the returned width and height", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const { points, width, height } = layeredLayout(graph, size, "right");
        for (const { x, y } of points.values()) {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(y).toBeGreaterThanOrEqual(-0.001);
          expect(x + size.width).toBeLessThanOrEqual(width + 0.001);
          expect(y + size.height).toBeLessThanOrEqual(height + 0.001);
        }
      }),
    );
  });

  it("routes a call over several layers around the nodes between", () => {
    const graph = graphOf(["web", "dashboard"], ["dashboard", "gateway"], ["gateway", "usage"], ["web", "usage"]);
    const { points, waypoints } = layeredLayout(graph, size, "right");
    const way = waypoints.get(edgeKey("web", "usage")) ?? [];
    expect(way.length).toBeGreaterThan(0);
    for (const stop of way)
      for (const id of ["dashboard", "gateway"]) {
        const box = points.get(id) ?? { x: 0, y: 0 };
        const within = stop.x >= box.x && stop.x <= box.x + size.width;
        expect(within && stop.y > box.y && stop.y < box.y + size.height).toBe(false);
      }
    expect(waypoints.get(edgeKey("web", "dashboard"))).toEqual([]);
  });

  for (const [where, direction, across] of [
    ["side by side", "right", undefined],
    ["on a phone, two in a row", "down", 2],
  ] as const)
    it(`lets no call pass through an element that is not its end: ${where}`, () => {
      fc.assert(
        fc.property(acyclicGraph, (graph) => {
          const { points, waypoints } = layeredLayout(graph, size, direction, across);
          for (const { from, to } of graph.edges) {
            const line = drawnLine(points.get(from), waypoints.get(edgeKey(from, to)) ?? [], points.get(to), direction);
            for (const [id, box] of points)
              if (id !== from && id !== to)
                for (const { x, y } of line)
                  expect(
                    x > box.x && x < box.x + size.width && y > box.y && y < box.y + size.height,
                    `${from} → ${to} through ${id}`,
                  ).toBe(false);
          }
        }),
      );
    });

  it("fits the starter's map to the width of a phone", () => {
    const { width } = layeredLayout(starter, { width: 150, height: 74 }, "down", 2);
    expect(width).toBeLessThan(380);
  });

  it("is deterministic", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        expect(layeredLayout(graph, size, "right")).toEqual(layeredLayout(graph, size, "right"));
      }),
    );
  });

  it("is empty for an empty plan", () => {
    expect(layeredLayout({ nodes: [], edges: [] }, size, "right")).toMatchObject({ width: 0 });
  });
});
