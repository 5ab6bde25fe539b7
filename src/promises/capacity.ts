import type { Bytes, Millicores, NodePool, Plan, Unit } from "../plan/plan.js";

/** What one replica of a unit asks of its node, sidecars included. */
export interface Demand {
  readonly cpu: Millicores;
  readonly memory: Bytes;
  readonly gpu: number;
}

export function demandOf(unit: Unit): Demand {
  return [unit, ...unit.sidecars].reduce(
    (sum, { resources }) => ({
      cpu: sum.cpu + (resources.cpu.request ?? 0),
      memory: sum.memory + (resources.memory.request ?? 0),
      gpu: sum.gpu + resources.gpu.count,
    }),
    { cpu: 0, memory: 0, gpu: 0 },
  );
}

/** The pools a unit may run on: the named one, else every pool. */
export function poolsOf(plan: Plan, unit: Unit): readonly NodePool[] {
  return unit.pool === undefined ? plan.pools : plan.pools.filter(({ name }) => name === unit.pool);
}

export function fits(demand: Demand, allocatable: Demand): boolean {
  return demand.cpu <= allocatable.cpu && demand.memory <= allocatable.memory && demand.gpu <= allocatable.gpu;
}

/**
 * How many equal nodes these pods need, packed first-fit by decreasing size; undefined when a pod is bigger than a
 * node. A real scheduler scores instead of packing and may need more, never fewer than the sum allows.
 */
export function nodesNeeded(pods: readonly { readonly demand: Demand; readonly count: number }[], node: Demand): number | undefined {
  const groups = [...pods].sort((a, b) => weight(b.demand, node) - weight(a.demand, node));
  const free: { cpu: number; memory: number; gpu: number }[] = [];
  for (const { demand, count } of groups) {
    if (count === 0) continue;
    if (!fits(demand, node)) return undefined;
    let left = count;
    for (const room of free) {
      while (left > 0 && fits(demand, room)) {
        take(room, demand);
        left--;
      }
    }
    while (left > 0) {
      const room = { cpu: node.cpu, memory: node.memory, gpu: node.gpu };
      const here = Math.max(1, Math.min(left, capacityFor(demand, node)));
      for (let pod = 0; pod < here; pod++) take(room, demand);
      left -= here;
      free.push(room);
    }
  }
  return free.length;
}

/** Pods that have no request take no room in the scheduler's eyes; they are bounded by the kubelet's 110 pods a node. */
const podsPerNode = 110;

function capacityFor(demand: Demand, node: Demand): number {
  const by = (need: number, have: number): number => (need > 0 ? Math.floor(have / need) : podsPerNode);
  return Math.min(podsPerNode, by(demand.cpu, node.cpu), by(demand.memory, node.memory), by(demand.gpu, node.gpu));
}

function take(room: { cpu: number; memory: number; gpu: number }, demand: Demand): void {
  room.cpu -= demand.cpu;
  room.memory -= demand.memory;
  room.gpu -= demand.gpu;
}

function weight(demand: Demand, node: Demand): number {
  const share = (need: number, have: number): number => (have > 0 ? need / have : 0);
  return Math.max(share(demand.cpu, node.cpu), share(demand.memory, node.memory), share(demand.gpu, node.gpu));
}
