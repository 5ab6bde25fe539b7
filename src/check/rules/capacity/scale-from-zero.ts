import { formatRange } from "../../../platform-file/format.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { declaredBounds } from "../../redundancy.js";
import { defineRule } from "../../rule.js";

/** Nothing starts the first replica. See docs/checks.md, Capacity. */
export const scaleFromZero = defineRule({
  code: "capacity/scale-from-zero",
  severity: "error",
  summary: "a component scales down to no replica, and nothing starts the first one again",
  help: "An autoscaler divides the usage of the running replicas by what they request: of none there is no usage. The Horizontal Pod Autoscaler scales to zero only on a metric from outside the pods (KEP-2021), which no target renders, so requests to the component fail, or its minimum is one in spite of the file.",
  check({ plan }, report) {
    if (onOneMachine(plan)) return;
    for (const { name, path, replicas } of plan.units) {
      if (replicas.min > 0 || replicas.max === 0) continue;
      const bounds = { min: 1, max: replicas.max };
      report(`${path}.replicas`, {
        why: `${name} scales over ${formatRange(replicas, String)} replicas, and no metric of its pods can start the first one`,
        advice: `keep one replica: \`replicas: ${declaredBounds(bounds)}\``,
        fix: { edits: [{ path: `${path}.replicas`, value: declaredBounds(bounds) }], safe: false },
      });
    }
  },
});
