import type { Plan, Resources, Sidecar, Unit } from "../../../plan/plan.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";
import { size } from "./size.js";

/** One container may take a node's whole memory, or is promised more than it may use. */
export const limits = defineRule({
  code: "capacity/limits",
  severity: "warning",
  summary: "a container has no memory limit, or one below its request",
  help: "Without a memory limit one leak takes the node and everybody on it: the kernel then kills whom it likes. A limit below the request is refused by Kubernetes. A missing CPU limit is no finding: CPU is shared by weight and given back at once.",
  check(plan, report) {
    if (onOneMachine(plan)) return;
    for (const container of containers(plan)) {
      const { name, path, resources } = container;
      const { request, limit } = resources.memory;
      if (limit === undefined) {
        report(`${path}.memory`, {
          why: `${name} may use all the memory of its node`,
          advice: "say least and most: `memory: 512Mi..1Gi`",
        });
      }
      for (const resource of ["cpu", "memory"] as const) {
        if (!limitBelow(resources, resource)) continue;
        report(`${path}.${resource}`, {
          why: `${name} requests more ${resource} than it may use${resource === "memory" && request !== undefined && limit !== undefined ? `: ${size(request)} of ${size(limit)}` : ""}`,
          advice: "write least..most, the smaller first",
          severity: "error",
        });
      }
    }
  },
});

function containers(plan: Plan): readonly (Unit | Sidecar)[] {
  return plan.units.flatMap((unit) => [unit, ...unit.sidecars]);
}

function limitBelow(resources: Resources, resource: "cpu" | "memory"): boolean {
  const { request, limit } = resources[resource];
  return request !== undefined && limit !== undefined && limit < request;
}
