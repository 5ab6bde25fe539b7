import { useQuery } from "@tanstack/react-query";
import { overviewRoutes } from "../../../src/contracts/routes/dashboard.js";
import { call } from "./client.js";

export type { Topology, TopologyEdge, TopologyNode } from "../../../src/contracts/topology.js";

/** The elements that run now and the calls between them, refreshed every two seconds while the page is visible. */
export function useTopology() {
  return useQuery({
    queryKey: ["topology"],
    queryFn: ({ signal }) => call(overviewRoutes.readTopology, {}, signal),
    refetchInterval: 2_000,
  });
}
