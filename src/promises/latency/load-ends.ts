import type { Bounds, Plan, Unit } from "../../plan/plan.js";
import { onOneMachine } from "../terms/machine.js";

/** A steady load and the replicas that serve it. */
export interface LoadEnd {
  /** Requests per second. */
  readonly rate: number;
  readonly replicas: number;
}

/**
 * The usual load on the minimum of replicas, and the peak on the maximum if an autoscaler adds them. Between the two the replicas
 * are added; how long that takes is the RTO of the fault `overload`. `outside`: the number of servers where there is no unit.
 */
export function loadEnds(plan: Plan, rate: Bounds, unit: Unit | undefined, outside: number): readonly LoadEnd[] {
  if (!unit) return [{ rate: rate.max, replicas: Math.max(1, outside) }];
  const { min, max } = unit.replicas;
  if (!isAutoscaled(plan, unit)) return [{ rate: rate.max, replicas: Math.max(1, min) }];
  return [
    { rate: rate.min, replicas: Math.max(1, min) },
    { rate: rate.max, replicas: rate.max > rate.min ? max : Math.max(1, min) },
  ];
}

/** Whether something adds replicas when the load rises: only targets for CPU and memory are rendered. */
export function isAutoscaled(plan: Plan, { scale, replicas }: Unit): boolean {
  return !onOneMachine(plan) && replicas.min < replicas.max && (scale?.cpu ?? scale?.memory) !== undefined;
}
