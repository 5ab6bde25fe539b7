import { useQuery } from "@tanstack/react-query";
import { overviewRoutes } from "../../../src/contracts/routes/dashboard.js";
import type { Topology } from "../../../src/contracts/topology.js";
import { call } from "./client.js";

export type { Topology, TopologyEdge, TopologyNode } from "../../../src/contracts/topology.js";

const INTERVAL_MS = 2_000;
/** The topology of hundreds of components is larger than 100 kB. */
const LARGE_INTERVAL_MS = 10_000;
const LARGE_TOPOLOGY_NODES = 100;

/** Interval at which the topology is read while the page is visible, in milliseconds. */
export function topologyInterval(topology: Pick<Topology, "nodes"> | undefined): number {
  return (topology?.nodes.length ?? 0) > LARGE_TOPOLOGY_NODES ? LARGE_INTERVAL_MS : INTERVAL_MS;
}

/** The elements that run now and the calls between them. */
export function useTopology() {
  return useQuery({
    queryKey: ["topology"],
    queryFn: ({ signal }) => call(overviewRoutes.readTopology, {}, signal),
    refetchInterval: ({ state }) => topologyInterval(state.data),
  });
}
