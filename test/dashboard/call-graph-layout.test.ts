import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { edgeKey, type Graph, layeredLayout } from "../../dashboard/src/pages/topology/layout.js";

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

describe("the layout of the call graph", () => {
  it("puts every caller before whom it calls", () => {
    fc.assert(
      fc.property(acyclicGraph, (graph) => {
        const { points } = layeredLayout(graph, size, "right");
        for (const { from, to } of graph.edges)
          expect(points.get(from)?.x).toBeLessThan(points.get(to)?.x ?? Number.NEGATIVE_INFINITY);
      }),
    );
  });

  it("never lets two elements overlap, in either direction, circles included", () => {
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

  it("keeps everything within the width and height that it says", () => {
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

  it("leads a call over several layers past the elements on its way, not through them", () => {
    const graph = graphOf(["web", "dashboard"], ["dashboard", "gateway"], ["gateway", "usage"], ["web", "usage"]);
    const { points, ways } = layeredLayout(graph, size, "right");
    const way = ways.get(edgeKey("web", "usage")) ?? [];
    expect(way.length).toBeGreaterThan(0);
    for (const stop of way)
      for (const id of ["dashboard", "gateway"]) {
        const box = points.get(id) ?? { x: 0, y: 0 };
        const within = stop.x >= box.x && stop.x <= box.x + size.width;
        expect(within && stop.y > box.y && stop.y < box.y + size.height).toBe(false);
      }
    expect(ways.get(edgeKey("web", "dashboard"))).toEqual([]);
  });

  it("gives the same picture for the same graph", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        expect(layeredLayout(graph, size, "right")).toEqual(layeredLayout(graph, size, "right"));
      }),
    );
  });

  it("draws an empty plan as nothing", () => {
    expect(layeredLayout({ nodes: [], edges: [] }, size, "right")).toMatchObject({ width: 0 });
  });
});
