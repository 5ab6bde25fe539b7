import { type Nodes, nodeCount } from "./nodes.js";

/** Pods of one workload that the scheduler places: how many, on which nodes, and which spread it enforces. */
export interface Group {
  readonly members: number;
  readonly nodes: Nodes;
  /** Whether the spread over zones and nodes is required (`DoNotSchedule`, `maxSkew: 1`). A preferred one guarantees nothing. */
  readonly requires: { readonly zones: boolean; readonly nodes: boolean };
  readonly minDomains: MinDomains;
}

/** `minDomains` of a required spread: while fewer zones or nodes exist, each has at most one member, and the others wait. */
export interface MinDomains {
  readonly zones: number;
  readonly nodes: number;
}

export const NO_MINIMUM: MinDomains = { zones: 1, nodes: 1 };

export type Domain = "node" | "zone";

/** Up to this many members every placement is considered; of more, those whose nodes have the same number of members. */
const MAX_ENUMERATED_MEMBERS = 12;

/**
 * The placements that the scheduler may choose, each as the members on each of its nodes.
 *
 * A required spread keeps the counts of any two domains within one of each other (kubernetes.io: Pod Topology Spread
 * Constraints), so the members are divided evenly over the domains that have nodes. Without one, only the capacity
 * of the nodes limits how many share one. Spot machines may be reclaimed together, and count as one node.
 */
export function placements(group: Group): readonly (readonly number[])[] {
  const { nodes, requires } = group;
  const members = placedMembers(group);
  if (members === 0) return [[]];
  const zones = nodes.byZone.filter((count) => count > 0);
  if (zones.length === 0 || nodes.reclaimable) return [[members]];
  if (requires.nodes) return [evenly(members, nodeCount(nodes))];
  const byZone = requires.zones ? evenly(members, zones.length) : [members];
  const largest = Math.min(nodes.podsPerNode, ...byZone.slice(0, 1));
  if (members > MAX_ENUMERATED_MEMBERS) {
    return Array.from({ length: largest }, (_, index) => byZone.flatMap((count) => ofOneSize(count, index + 1)));
  }
  // Which zone has the larger share is open; the largest zone has the most ways to place it.
  const available = requires.zones ? Math.max(...zones) : nodeCount(nodes);
  return byZone
    .map((count) => divisions(count, largest, available))
    .reduce<readonly (readonly number[])[]>(
      (all, zone) => all.flatMap((placement) => zone.map((division) => [...placement, ...division])),
      [[]],
    );
}

/**
 * How many members are placed; the others wait until there are enough domains. With fewer than `minDomains`, the scheduler compares
 * each with a domain without members (kubernetes.io: Pod Topology Spread Constraints).
 */
export function placedMembers({ members, nodes, requires, minDomains }: Group): number {
  const existing = { zones: nodes.byZone.filter((count) => count > 0).length, nodes: nodeCount(nodes) };
  return (["zones", "nodes"] as const)
    .filter((domain) => requires[domain] && minDomains[domain] > 1 && existing[domain] < minDomains[domain])
    .reduce((placed, domain) => Math.min(placed, existing[domain]), members);
}

/** The largest number of members that one failed domain can hold, over all placements that the scheduler may choose. */
export function largestShare(group: Group, domain: Domain): number {
  const { nodes, requires } = group;
  const members = placedMembers(group);
  if (domain === "node") return Math.max(0, ...placements(group).flat());
  const zones = nodes.byZone.filter((count) => count > 0).length;
  if (zones === 0 || nodes.reclaimable) return members;
  const nodesInZone = Math.max(...nodes.byZone);
  return Math.min(
    members,
    requires.zones ? Math.ceil(members / zones) : members,
    requires.nodes ? onNodesOfZone(members, nodeCount(nodes), nodesInZone) : members,
    nodes.podsPerNode * nodesInZone,
  );
}

/** The most members on the nodes of one zone, if they are spread evenly over all nodes. */
function onNodesOfZone(members: number, total: number, nodesInZone: number): number {
  if (!Number.isFinite(total)) return members;
  const each = Math.floor(members / total);
  return each * nodesInZone + Math.min(nodesInZone, members - each * total);
}

function evenly(members: number, domains: number): readonly number[] {
  const used = Math.min(members, domains);
  const each = Math.floor(members / used);
  return Array.from({ length: used }, (_, index) => each + (index < members - each * used ? 1 : 0));
}

/** The ways to divide members into at most `parts` parts of at most `largest`. */
function divisions(members: number, largest: number, parts: number): readonly (readonly number[])[] {
  if (members === 0) return [[]];
  if (parts < 1) return [];
  const first = Array.from({ length: Math.min(members, largest) }, (_, index) => index + 1);
  const all = first.flatMap((size) => divisions(members - size, size, parts - 1).map((rest) => [size, ...rest]));
  // More members than fit: they are placed when nodes are added.
  return all.length > 0 || parts === Number.POSITIVE_INFINITY ? all : [ofOneSize(members, Math.min(members, largest))];
}

function ofOneSize(members: number, size: number): readonly number[] {
  const rest = members % size;
  return [...Array.from({ length: Math.floor(members / size) }, () => size), ...(rest > 0 ? [rest] : [])];
}
