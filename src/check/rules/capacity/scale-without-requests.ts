import { formatBytes, formatCpu, formatRatio } from "../../../platform-file/format.js";
import { defineRule } from "../../rule.js";

/** The autoscaler cannot compute a utilisation without a request. See docs/checks.md, Capacity. */
export const scaleWithoutRequests = defineRule({
  code: "capacity/scale-without-requests",
  severity: "error",
  summary: "a unit scales on the utilisation of a resource that it does not request",
  help: "The HPA's utilisation is usage divided by the request, summed over every container of the pod. If one container requests nothing (`0..1`), the HPA reports `missing request` and never scales.",
  check({ plan }, report) {
    for (const unit of plan.units) {
      for (const resource of ["cpu", "memory"] as const) {
        const target = unit.scale?.[resource];
        const without = [unit, ...unit.sidecars].find(({ resources }) => !resources[resource].request);
        if (target === undefined || !unit.scale || !without) continue;
        const { limit } = without.resources[resource];
        report(`${unit.scale.path}.${resource}`, {
          why: `${unit.name} scales at ${formatRatio(target)} ${resource} utilisation, but ${without.name} requests no ${resource}`,
          advice: `set the ${resource} request of ${without.name}`,
          // As much as the limit is a request that never promises more than the node has.
          ...(limit === undefined
            ? {}
            : {
                fix: {
                  edits: [
                    {
                      path: `${without.path}.${resource}`,
                      value: resource === "cpu" ? formatCpu(limit) : formatBytes(limit),
                    },
                  ],
                  safe: false,
                },
              }),
        });
      }
    }
  },
});
