import { formatBytes, formatRange } from "../../../platform-file/format.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";
import { size } from "./size.js";

/** The largest ratio among the defaults of the plan. */
const MAX_LIMIT_TO_REQUEST_RATIO = 4;

/** The memory limit of a container is many times its request. See docs/checks.md, Capacity. */
export const memoryOvercommit = defineRule({
  code: "capacity/memory-overcommit",
  severity: "warning",
  summary: "a container may use many times the memory that it requests",
  help: "Pods are scheduled by their requests. If limits are many times the requests, a node with free capacity by requests runs out of memory when several pods grow at once, and the kernel kills some of them. CPU may be overcommitted: it is shared by weight.",
  check({ plan }, report) {
    if (onOneMachine(plan)) return;
    for (const { name, path, resources } of plan.units.flatMap((unit) => [unit, ...unit.sidecars])) {
      const { request = 0, limit } = resources.memory;
      if (limit !== undefined && limit <= request * MAX_LIMIT_TO_REQUEST_RATIO) continue;
      const enough = limit === undefined ? undefined : Math.ceil(limit / MAX_LIMIT_TO_REQUEST_RATIO);
      report(`${path}.memory`, {
        why: `${name} requests ${size(request)} of memory and may use ${limit === undefined ? "all the memory of its node" : size(limit)}`,
        advice: `request its peak usage, at least ${enough === undefined ? "what was measured" : size(enough)}`,
        ...(limit === undefined || enough === undefined
          ? {}
          : {
              fix: {
                edits: [{ path: `${path}.memory`, value: formatRange({ min: enough, max: limit }, formatBytes) }],
                safe: false,
              },
            }),
      });
    }
  },
});
