import type { NodePool, Plan, Unit } from "../../../plan/plan.js";
import { type Demand, demandOf, fits, poolsOf } from "../../../promises/capacity.js";
import { formatCpu } from "../../../spec/format.js";
import { defineRule } from "../../rule.js";
import { size } from "./size.js";

/** A pod that no machine of its pool could ever hold. */
export const unschedulable = defineRule({
  code: "capacity/unschedulable",
  severity: "error",
  summary: "one replica requests more than a whole node of its pool has",
  help: "Such a pod stays pending for ever: no number of nodes helps, because each of them is too small. What a node offers is less than its data sheet says, by what the system and the kubelet keep.",
  check(plan, report) {
    for (const unit of plan.units) {
      const pools = known(plan, unit);
      const demand = demandOf(unit);
      if (pools.length === 0 || pools.some(({ allocatable }) => fits(demand, allocatable))) continue;
      const largest = [...pools].sort((a, b) => b.allocatable.memory - a.allocatable.memory)[0];
      if (!largest) continue;
      report(`${unit.path}.${tooMuch(demand, largest.allocatable)}`, {
        why: `one replica of ${unit.name} requests ${amounts(demand)}, but a ${largest.type} of pool ${largest.name} offers ${amounts(largest.allocatable)}`,
        advice: "request less, or run it on a pool of bigger machines",
      });
    }
  },
});

type KnownPool = NodePool & { readonly allocatable: NonNullable<NodePool["allocatable"]> };

/** The pools it may run on, if the size of all of them is known. */
function known(plan: Plan, unit: Unit): readonly KnownPool[] {
  const pools = poolsOf(plan, unit);
  const sized = pools.filter((pool): pool is KnownPool => pool.allocatable !== undefined);
  return sized.length === pools.length ? sized : [];
}

function tooMuch(demand: Demand, offered: Demand): "cpu" | "memory" | "gpu" {
  if (demand.gpu > offered.gpu) return "gpu";
  return demand.memory > offered.memory ? "memory" : "cpu";
}

function amounts({ cpu, memory, gpu }: Demand): string {
  return `${formatCpu(cpu)} CPU and ${size(memory)}${gpu > 0 ? ` and ${gpu} GPU` : ""}`;
}
