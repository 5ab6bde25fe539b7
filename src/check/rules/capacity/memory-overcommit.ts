import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";
import { size } from "./size.js";

/** A container is placed by a small request and may grow into a big limit. */
export const memoryOvercommit = defineRule({
  code: "capacity/memory-overcommit",
  severity: "warning",
  summary: "a container may use many times the memory that it was placed by",
  help: "Pods are placed by their requests and killed for their use. Where the limit is many times the request, a node that looks half empty runs out of memory when several grow at once, and the kernel picks the victims. CPU may be overcommitted freely: it is shared by weight and given back at once.",
  check(plan, report) {
    if (onOneMachine(plan)) return;
    for (const { name, path, resources } of plan.units.flatMap((unit) => [unit, ...unit.sidecars])) {
      const { request, limit } = resources.memory;
      if (limit !== undefined && limit <= (request ?? 0) * most) continue;
      report(`${path}.memory`, {
        why: `${name} is placed as if it used ${size(request ?? 0)}, and may use ${limit === undefined ? "all the memory of its node" : size(limit)}`,
        advice: `request what it uses on a busy day, at least ${limit === undefined ? "what was measured" : `${size(limit / most)}`}`,
      });
    }
  },
});

/** As wide as the planner's own defaults. */
const most = 4;
