import type { TopologyNode } from "../../api/topology.js";

/** `2/2`; `3 wanted` where nobody counts; nothing where there are no replicas. */
export function replicasText(replicas: TopologyNode["replicas"]): string {
  if (!replicas) return "";
  return replicas.ready === null ? `${replicas.want} wanted` : `${replicas.ready}/${replicas.want}`;
}

/** Of what lies outside nobody here can say how it is. */
export function stateWord({ kind, state }: TopologyNode): string {
  return kind === "outside" ? "outside the platform" : state;
}
