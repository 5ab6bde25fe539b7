import type { Plan, Unit } from "../../plan/plan.js";
import type { PriorityClass } from "./manifest.js";
import { ownership } from "./metadata.js";

type RankedPriority = Exclude<Unit["priority"], "normal">;

const RANKS = {
  critical: { value: 100_000, description: "Scheduled before all other pods of the platform." },
  low: { value: -1000, description: "Preempted by all other pods when nodes are full." },
} as const satisfies Record<RankedPriority, { value: number; description: string }>;

/** Priority classes are cluster-scoped, so their names contain the namespace of the environment. */
export function priorityClassName(plan: Plan, priority: Unit["priority"]): string | undefined {
  return priority === "normal" ? undefined : `${plan.namespace}-${priority}`;
}

export function priorityClass(plan: Plan, priority: RankedPriority): PriorityClass | undefined {
  if (!plan.units.some((unit) => unit.priority === priority)) return undefined;
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: `${plan.namespace}-${priority}`, labels: ownership(plan) },
    value: RANKS[priority].value,
    globalDefault: false,
    description: RANKS[priority].description,
  };
}
