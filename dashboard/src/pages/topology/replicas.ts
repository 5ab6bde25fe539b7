import type { TopologyNode } from "../../api/topology.js";

/** `2/2`, or `3 wanted` where nobody counts. */
export function replicasText({ want, ready }: TopologyNode["replicas"]): string {
  return ready === null ? `${want} wanted` : `${ready}/${want}`;
}
