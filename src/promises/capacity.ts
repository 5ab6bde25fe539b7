import type { Bounds, Bytes, Millicores, NodePool, Plan, Resources, Store, Unit } from "../plan/plan.js";
import { storeTraits } from "../plan/stores/index.js";

/** What one replica requests of its node, sidecars included. */
export interface Demand {
  readonly cpu: Millicores;
  readonly memory: Bytes;
  readonly gpu: number;
}

/** Something whose replicas are scheduled on nodes: a unit, or a store's servers in the cluster. */
export interface Tenant {
  readonly name: string;
  readonly demand: Demand;
  readonly replicas: Bounds;
}

export function demandOf(unit: Unit): Demand {
  return [unit, ...unit.sidecars].reduce((sum, { resources }) => add(sum, resources), { cpu: 0, memory: 0, gpu: 0 });
}

/** What one server of a store in the cluster requests. */
export function serverDemand({ resources }: Store): Demand {
  return add({ cpu: 0, memory: 0, gpu: 0 }, resources);
}

/**
 * The pool that something runs on: the declared one, otherwise the only pool that fits. Pools with GPUs are reserved for
 * pods that request one. Undefined if several pools fit.
 */
export function poolOf(plan: Plan, pool: string | undefined, demand: Demand): NodePool | undefined {
  const eligible = eligiblePools(plan, pool, demand);
  return eligible.length === 1 ? eligible[0] : undefined;
}

/** Every pool that something may run on: the declared one, otherwise all that fit. Pools with GPUs are reserved. */
export function eligiblePools(plan: Plan, pool: string | undefined, { gpu }: Demand): readonly NodePool[] {
  return pool !== undefined
    ? plan.pools.filter(({ name }) => name === pool)
    : plan.pools.filter(({ allocatable }) => (allocatable?.gpu ?? 0) > 0 === gpu > 0);
}

/** For each pool, how many of its nodes the pods of the plan need at their minimum; undefined if that is not known. */
export type NodesNeeded = ReadonlyMap<NodePool, number | undefined>;

export function nodesNeededAtMinimum(plan: Plan): NodesNeeded {
  return new Map(
    plan.pools.map((pool) => {
      const pods = tenantsOf(plan, pool).map(({ demand, replicas }) => ({ demand, count: replicas.min }));
      return [pool, pool.allocatable && nodesNeeded(pods, pool.allocatable)];
    }),
  );
}

/**
 * How many nodes the pool of a unit needs at the minimum of everything on it, with `more` further replicas of the unit; undefined if
 * that is not known. Pods that fit on no node count for nothing: `capacity/unschedulable` reports them.
 */
export function nodesWithMore(plan: Plan, pool: NodePool, unit: string, more: number): number | undefined {
  const { allocatable } = pool;
  if (!allocatable) return undefined;
  const pods = tenantsOf(plan, pool)
    .filter(({ demand }) => fits(demand, allocatable))
    .map(({ name, demand, replicas }) => ({ demand, count: replicas.min + (name === unit ? more : 0) }));
  return nodesNeeded(pods, allocatable);
}

/** Everything that runs on a pool. */
export function tenantsOf(plan: Plan, pool: NodePool): readonly Tenant[] {
  const units = plan.units.map((unit) => ({ ...unit, demand: demandOf(unit) }));
  const servers = plan.stores
    .filter(({ provider }) => provider.kind === "in-cluster")
    .map((store) => {
      const count = storeTraits(store).servers;
      return {
        name: store.name,
        pool: store.pool,
        demand: serverDemand(store),
        replicas: { min: count, max: count },
      };
    });
  return [...units, ...servers].filter((tenant) => poolOf(plan, tenant.pool, tenant.demand) === pool);
}

function add(sum: Demand, { cpu, memory, gpu }: Resources): Demand {
  return { cpu: sum.cpu + (cpu.request ?? 0), memory: sum.memory + (memory.request ?? 0), gpu: sum.gpu + gpu.count };
}

export function fits(demand: Demand, allocatable: Demand): boolean {
  return demand.cpu <= allocatable.cpu && demand.memory <= allocatable.memory && demand.gpu <= allocatable.gpu;
}

/**
 * How many equal nodes these pods need, packed first-fit by decreasing size (the FFD
 * heuristic of bin packing); undefined if a pod is larger than a node. The Kubernetes scheduler scores nodes
 * instead and may need more.
 */
export function nodesNeeded(
  pods: readonly { readonly demand: Demand; readonly count: number }[],
  node: Demand,
): number | undefined {
  const groups = [...pods].sort((a, b) => weight(b.demand, node) - weight(a.demand, node));
  const free: { cpu: number; memory: number; gpu: number }[] = [];
  for (const { demand, count } of groups) {
    if (count === 0) continue;
    if (!fits(demand, node)) return undefined;
    let unplaced = count;
    for (const room of free) {
      while (unplaced > 0 && fits(demand, room)) {
        take(room, demand);
        unplaced--;
      }
    }
    while (unplaced > 0) {
      const room = { cpu: node.cpu, memory: node.memory, gpu: node.gpu };
      const placed = Math.max(1, Math.min(unplaced, capacityFor(demand, node)));
      for (let pod = 0; pod < placed; pod++) take(room, demand);
      unplaced -= placed;
      free.push(room);
    }
  }
  return free.length;
}

/** The kubelet's default `maxPods`: the only limit on pods without requests. */
const MAX_PODS_PER_NODE = 110;

/** How many pods with this demand fit on an empty node. */
export function capacityFor(demand: Demand, node: Demand): number {
  const by = (need: number, have: number): number => (need > 0 ? Math.floor(have / need) : MAX_PODS_PER_NODE);
  return Math.min(
    MAX_PODS_PER_NODE,
    by(demand.cpu, node.cpu),
    by(demand.memory, node.memory),
    by(demand.gpu, node.gpu),
  );
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
