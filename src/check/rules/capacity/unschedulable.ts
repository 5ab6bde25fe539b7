import type { Plan } from "../../../plan/plan.js";
import { formatCpu } from "../../../platform-file/format.js";
import { type Demand, demandOf, fits, homeOf } from "../../../promises/capacity.js";
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
      const demand = demandOf(unit);
      const biggest = biggestNode(plan, unit.pool, demand);
      if (!biggest || fits(demand, biggest.allocatable)) continue;
      const { type, name, allocatable } = biggest;
      report(`${unit.path}.${tooMuch(demand, allocatable)}`, {
        why: `one replica of ${unit.name} requests ${amounts(demand)}, but a ${type} of pool ${name} offers ${amounts(allocatable)}`,
        advice: "request less, or run it on a pool of bigger machines",
      });
    }
  },
});

/** The node it must run on, or the biggest of those that it may; undefined when their sizes are not known. */
function biggestNode(plan: Plan, pool: string | undefined, demand: Demand) {
  const home = homeOf(plan, pool, demand);
  const sized = (home ? [home] : plan.pools).map(
    ({ type, name, allocatable }) => allocatable && { type, name, allocatable },
  );
  if (sized.includes(undefined)) return undefined;
  const nodes = sized.filter((node) => node !== undefined);
  return (
    nodes.find(({ allocatable }) => fits(demand, allocatable)) ??
    nodes.sort((a, b) => b.allocatable.memory - a.allocatable.memory)[0]
  );
}

function tooMuch(demand: Demand, offered: Demand): "cpu" | "memory" | "gpu" {
  if (demand.gpu > offered.gpu) return "gpu";
  return demand.memory > offered.memory ? "memory" : "cpu";
}

function amounts({ cpu, memory, gpu }: Demand): string {
  return `${formatCpu(cpu)} CPU and ${size(memory)}${gpu > 0 ? ` and ${gpu} GPU` : ""}`;
}
