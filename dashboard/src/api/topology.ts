import { useQuery } from "@tanstack/react-query";
import { topologyAnswer } from "../../../src/runtime/dashboard/topology/answer.js";
import { call } from "./client.js";

export type { Topology, TopologyEdge, TopologyNode } from "../../../src/runtime/dashboard/topology/answer.js";

/** What runs now, how much of it, and who calls whom; read every two seconds while it is looked at. */
export function useTopology() {
  return useQuery({
    queryKey: ["topology"],
    queryFn: ({ signal }) => call(topologyAnswer, "/admin/topology", { signal }),
    refetchInterval: 2_000,
  });
}
