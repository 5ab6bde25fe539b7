import type { NodePool, Plan, Unit } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import { demandOf, nodesWithMore, poolOf } from "../capacity.js";
import { podStartup } from "../facts/kubernetes.js";
import { nodeProvisioning } from "../facts/machines.js";
import { cited, declared, type Term, times, work } from "../prediction.js";
import { imagePullTime, withdrawal } from "./unit.js";

/** A rollout that ends, with the terms of its time; or one that never does. */
export type Rollout =
  | { readonly kind: "ends"; readonly terms: readonly Term[] }
  | { readonly kind: "stuck"; readonly why: string; readonly advice: string };

/** The first pod of a rollout that has no room on its pool, which is as large as it may be. */
export interface SurgeWithoutRoom {
  readonly pool: NodePool;
  /** What the rollout does first, as a clause. */
  readonly what: string;
  /** Nodes that would be enough. */
  readonly needed: number;
  readonly advice: string;
}

/**
 * A rollout that may stop no old pod before a new one is ready, on a pool that is full at the minimum of everything on it;
 * undefined if it has room or needs none, or if the pool is too small without it.
 */
export function surgeWithoutRoom(plan: Plan, unit: Unit): SurgeWithoutRoom | undefined {
  const { strategy, surge, unavailable } = unit.rollout;
  const pool = poolOf(plan, unit.pool, demandOf(unit));
  if (!pool || strategy === "recreate" || unavailable > 0 || unit.workload === "stateful-set") return undefined;
  const usual = nodesWithMore(plan, pool, unit.name, 0);
  const pods = Math.max(1, surge);
  const needed = nodesWithMore(plan, pool, unit.name, pods);
  if (usual === undefined || needed === undefined || usual > pool.count.max || needed <= pool.count.max)
    return undefined;
  return {
    pool,
    what: `a rollout of ${unit.name} starts ${pods} more ${pods === 1 ? "pod" : "pods"} before it stops an old one`,
    needed,
    advice: `allow ${needed} nodes, or replace a pod in place: \`rollout: { surge: 0, unavailable: 1 }\``,
  };
}

/** Every replica is replaced by one of another version, as many at a time as the rollout allows. */
export function rolloutOfAll(unit: Unit, plan: Plan): Rollout {
  const stuck = surgeWithoutRoom(plan, unit);
  if (stuck !== undefined) {
    const { what, pool, advice } = stuck;
    const full = `pool ${pool.name} has no room for it at its maximum of ${pool.count.max} nodes`;
    return { kind: "stuck", why: `${what}, and ${full}: the rollout never ends`, advice };
  }
  const { replicas, health } = unit;
  const steps = Math.ceil(replicas.max / atOnce(unit));
  const start = declared(
    plan,
    "start of the previous version",
    health.startup * steps,
    `${unit.path}.health.startup`,
    `${steps} × ${formatDuration(health.startup)}, ${replicas.max} replicas`,
  );
  return {
    kind: "ends",
    terms: [
      ...newNode(unit, plan),
      ...(waitsForShutdown(unit, plan)
        ? [times(steps, declared(plan, "shutdown of replaced pods", unit.terminationGrace, `${unit.path}.grace`))]
        : []),
      times(steps, cited("pod scheduled", podStartup)),
      times(steps, imagePullTime(unit, plan)),
      work(start),
      withdrawal(),
    ],
  };
}

function atOnce({ rollout, replicas, workload }: Unit): number {
  if (workload === "stateful-set") return 1;
  if (rollout.strategy === "recreate") return Math.max(1, replicas.max);
  return Math.max(1, rollout.surge + rollout.unavailable);
}

/**
 * Whether a new pod waits until an old one has ended. A StatefulSet and a recreated Deployment wait by definition. A rolling update does
 * not count pods that end (kubernetes.io: Deployments, Max Surge), but they keep their resources, so the next one waits for them on
 * a pool without room for all of them.
 */
function waitsForShutdown(unit: Unit, plan: Plan): boolean {
  if (unit.workload === "stateful-set" || unit.rollout.strategy === "recreate") return true;
  const pool = poolOf(plan, unit.pool, demandOf(unit));
  if (!pool) return false;
  const needed = nodesWithMore(plan, pool, unit.name, unit.replicas.min);
  return needed !== undefined && needed > pool.count.min;
}

/** The autoscaler adds a node for the surge if the pool's minimum has no room for it. */
function newNode(unit: Unit, plan: Plan): readonly Term[] {
  const pool = poolOf(plan, unit.pool, demandOf(unit));
  const provisioning = nodeProvisioning(plan.cloud);
  if (!pool || !provisioning || !plan.cluster.autoscaler || unit.rollout.surge === 0) return [];
  if (unit.workload === "stateful-set" || unit.rollout.strategy === "recreate") return [];
  const needed = nodesWithMore(plan, pool, unit.name, unit.rollout.surge);
  return needed !== undefined && needed > pool.count.min ? [work(cited("new node provisioned", provisioning))] : [];
}
