import type { Plan } from "../../../plan/plan.js";
import { formatCpu } from "../../../platform-file/format.js";
import { type Demand, demandOf, fits, poolOf } from "../../../promises/capacity.js";
import { defineRule } from "../../rule.js";
import { size } from "./size.js";

/** A pod fits on no node of its pool. See docs/checks.md, Capacity. */
export const unschedulable = defineRule({
  code: "capacity/unschedulable",
  severity: "error",
  summary: "one replica requests more than a whole node of its pool has",
  help: "Such a pod stays pending: more nodes do not help, because each is too small. The allocatable capacity of a node is what the system and the kubelet leave of its size.",
  check({ plan }, report) {
    for (const unit of plan.units) {
      const demand = demandOf(unit);
      const largest = largestNode(plan, unit.pool, demand);
      if (!largest || fits(demand, largest.allocatable)) continue;
      const { type, name, allocatable } = largest;
      report(`${unit.path}.${exceeded(demand, allocatable)}`, {
        why: `one replica of ${unit.name} requests ${amounts(demand)}, but a ${type} of pool ${name} has ${amounts(allocatable)}`,
        advice: "request less, or run it on a pool of larger nodes",
      });
    }
  },
});

/** The node type that the pod must run on, or the largest that it may run on; undefined if their sizes are not known. */
function largestNode(plan: Plan, pool: string | undefined, demand: Demand) {
  const assigned = poolOf(plan, pool, demand);
  const sized = (assigned ? [assigned] : plan.pools).map(
    ({ type, name, allocatable }) => allocatable && { type, name, allocatable },
  );
  if (sized.includes(undefined)) return undefined;
  const nodes = sized.filter((node) => node !== undefined);
  return (
    nodes.find(({ allocatable }) => fits(demand, allocatable)) ??
    nodes.sort((a, b) => b.allocatable.memory - a.allocatable.memory)[0]
  );
}

function exceeded(demand: Demand, allocatable: Demand): "cpu" | "memory" | "gpu" {
  if (demand.gpu > allocatable.gpu) return "gpu";
  return demand.memory > allocatable.memory ? "memory" : "cpu";
}

function amounts({ cpu, memory, gpu }: Demand): string {
  return `${formatCpu(cpu)} CPU and ${size(memory)}${gpu > 0 ? ` and ${gpu} GPU` : ""}`;
}
