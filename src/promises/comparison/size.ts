import type { Bounds, Bytes, Millicores, Plan } from "../../plan/plan.js";
import { storeTraits } from "../../plan/stores/index.js";
import { demandOf } from "../capacity.js";

/** What a platform needs in one environment: the cost of its promises, in machines and requested resources. */
export interface PlatformSize {
  /** Nodes of the declared pools, by the type of machine. */
  readonly machines: Readonly<Record<string, Bounds>>;
  /** Replicas of services and models, and servers of the stores that the platform runs itself. */
  readonly replicas: Bounds;
  /** Requested by the smallest number of replicas. */
  readonly cpu: Millicores;
  readonly memory: Bytes;
}

/** The size of a plan. Managed stores count with no replicas: their provider runs them. */
export function sizeOf(plan: Plan): PlatformSize {
  const units = plan.units.map((unit) => ({ replicas: unit.replicas, ...demandOf(unit) }));
  const servers = plan.stores
    .filter(({ provider }) => provider.kind !== "managed")
    .map((store) => {
      const count = storeTraits(store).servers;
      const { cpu, memory } = store.resources;
      return { replicas: { min: count, max: count }, cpu: cpu.request ?? 0, memory: memory.request ?? 0 };
    });
  const all = [...units, ...servers];
  return {
    machines: machinesOf(plan),
    replicas: addUp(all.map(({ replicas }) => replicas)),
    cpu: all.reduce((sum, { replicas, cpu }) => sum + replicas.min * cpu, 0),
    memory: all.reduce((sum, { replicas, memory }) => sum + replicas.min * memory, 0),
  };
}

function machinesOf({ pools }: Plan): Readonly<Record<string, Bounds>> {
  const machines = new Map<string, Bounds>();
  for (const { type, count } of pools) machines.set(type, addUp([machines.get(type) ?? NONE, count]));
  return Object.fromEntries(machines);
}

const NONE: Bounds = { min: 0, max: 0 };

function addUp(bounds: readonly Bounds[]): Bounds {
  return bounds.reduce((sum, { min, max }) => ({ min: sum.min + min, max: sum.max + max }), NONE);
}
