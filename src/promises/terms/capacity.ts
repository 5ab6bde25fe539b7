import type { Path, Plan } from "../../plan/plan.js";
import { type Demand, type NodesNeeded, poolOf } from "../capacity.js";
import { nodeProvisioning } from "../facts/machines.js";
import type { Domain } from "../placement/worst-placement.js";
import { assumed, cited, declared, type Prediction, type Term, unbounded, unknown, work } from "../prediction.js";
import { zones } from "./machine.js";

/** Pods that are scheduled elsewhere: what one requests, and the pool that it must run on. */
export interface Placed {
  readonly name: string;
  readonly pool: string | undefined;
  readonly demand: Demand;
}

export type Capacity =
  | { readonly kind: "some"; readonly term: Term }
  | { readonly kind: "none"; readonly why: string; readonly advice: string }
  | { readonly kind: "unknown"; readonly why: string };

/** Lost pods that have no room elsewhere, or it is not known whether they have. */
export function withoutRoom(room: Exclude<Capacity, { kind: "some" }>, plan: Plan, path: Path): Prediction {
  return room.kind === "none"
    ? unbounded(plan, path, room.why, { advice: room.advice })
    : unknown(plan, path, room.why);
}

/**
 * Whether the lost pods fit on the nodes that remain, at the pool's minimum node count: those of the same zone only, for a
 * pod whose volume belongs to it. A new node is provisioned where the autoscaler may add one.
 */
export function capacityElsewhere(
  { name, pool: declaredPool, demand }: Placed,
  plan: Plan,
  { lost, sameZone }: { readonly lost: Domain; readonly sameZone: boolean },
  nodesNeeded: NodesNeeded,
): Capacity {
  if (plan.pools.length === 0) {
    const why = "no node pools are declared; the cluster is assumed to have capacity";
    return { kind: "some", term: assumed("capacity on another node", 0, why) };
  }
  const pool = poolOf(plan, declaredPool, demand);
  if (pool?.allocatable && !pool.spot) {
    const zoneCount = Math.max(1, zones(plan).length);
    const inZone = sameZone ? Math.floor(pool.count.min / zoneCount) : pool.count.min;
    const remaining = inZone - (lost === "node" ? 1 : Math.ceil(pool.count.min / zoneCount));
    const needed = nodesNeeded.get(pool);
    const used = needed !== undefined && sameZone ? Math.ceil(needed / zoneCount) : needed;
    if (used !== undefined && used <= remaining) {
      const how = `${used} of the ${remaining} remaining nodes${sameZone && zoneCount > 1 ? " of its zone" : ""}`;
      return { kind: "some", term: declared(plan, "capacity on another node", 0, `${pool.path}.count`, how) };
    }
  }
  const provisioning = nodeProvisioning(plan.cloud);
  const canGrow = plan.cluster.autoscaler && (pool === undefined || pool.count.max > pool.count.min);
  if (provisioning && canGrow) return { kind: "some", term: work(cited("new node provisioned", provisioning)) };
  if (!pool?.allocatable) {
    const missing = pool ? `the capacity of a ${pool.type} of pool ${pool.name}` : `the pool that ${name} runs on`;
    return {
      kind: "unknown",
      why: `${missing} is not known, so the capacity of the other nodes cannot be computed`,
    };
  }
  const where = sameZone && zones(plan).length > 1 ? "the remaining nodes of its volume's zone" : "the remaining nodes";
  return {
    kind: "none",
    why: `after the loss of a ${lost} ${where} may have no capacity for ${name}, and no autoscaler adds nodes to pool ${pool.name}`,
    advice: `give the pool a maximum above its minimum, so that the autoscaler replaces a lost node: \`count: ${pool.count.min}..${pool.count.max + 1}\`; or raise its minimum`,
  };
}
