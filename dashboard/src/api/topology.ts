import { useQuery } from "@tanstack/react-query";
import { overviewRoutes } from "../../../src/contracts/routes/dashboard.js";
import { call } from "./client.js";

export type { Topology, TopologyEdge, TopologyNode } from "../../../src/contracts/topology.js";

export const TOPOLOGY_INTERVAL_MS = 2_000;

/** The elements that run now and the calls between them, refreshed while the page is visible. */
export function useTopology() {
  return useQuery({
    queryKey: ["topology"],
    queryFn: ({ signal }) => call(overviewRoutes.readTopology, {}, signal),
    refetchInterval: TOPOLOGY_INTERVAL_MS,
  });
}
