import { describe, expect, it } from "vitest";
import { firstCentre, neighbourhood } from "../../dashboard/src/pages/topology/neighbourhood.js";
import type { TopologyEdge, TopologyNode } from "../../src/contracts/topology.js";

const node = (id: string, kind: TopologyNode["kind"] = "unit"): TopologyNode => ({
  id,
  kind,
  state: "ready",
  replicas: null,
  rate: null,
  detail: [],
});
const call = (from: string, to: string): TopologyEdge => ({ from, to, port: 80, protocol: "http", rate: null });

describe("the map around a component", () => {
  const nodes = ["web", "orders", "stock", "database"].map((id) => node(id));
  const edges = [call("web", "orders"), call("orders", "stock"), call("stock", "database"), call("web", "stock")];

  it("has its callers, the components that it calls, and the calls among them", () => {
    const { topology, omitted } = neighbourhood({ nodes, edges }, "orders");
    expect(topology.nodes.map(({ id }) => id)).toEqual(["web", "orders", "stock"]);
    expect(topology.edges).toEqual([edges[0], edges[1], edges[3]]);
    expect(omitted).toBe(0);
  });

  it("reports the neighbours that it omits", () => {
    const many = Array.from({ length: 100 }, (_, index) => node(`caller-${index}`));
    const calls = many.map(({ id }) => call(id, "database"));
    const { topology, omitted } = neighbourhood({ nodes: [node("database"), ...many], edges: calls }, "database");
    expect(topology.nodes.length + omitted).toBe(101);
    expect(topology.nodes.length).toBeLessThan(40);
  });

  it("begins at the entrance, otherwise at the component with the most calls", () => {
    expect(firstCentre({ nodes: [...nodes, node("www", "entrance")], edges })).toBe("www");
    expect(firstCentre({ nodes, edges })).toBe("stock");
    expect(firstCentre({ nodes: [], edges: [] })).toBeUndefined();
  });
});
