import type { TopologyNode } from "../../api/topology.js";

/** `2/2`; `3 desired` if the number of ready replicas is unknown; empty if there are no replicas. */
export function replicasText(replicas: TopologyNode["replicas"]): string {
  if (!replicas) return "";
  return replicas.ready === null ? `${replicas.want} desired` : `${replicas.ready}/${replicas.want}`;
}

/** The state of a component; hosts outside the platform have no known state. */
export function stateWord({ kind, state }: TopologyNode): string {
  return kind === "outside" ? "external" : state;
}
