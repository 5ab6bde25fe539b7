import { defineRule } from "../../rule.js";

/** Two autoscalers act on the same metric. See docs/checks.md, Capacity. */
export const autoscalerConflict = defineRule({
  code: "capacity/autoscaler-conflict",
  severity: "warning",
  summary: "a component is scaled horizontally and sized vertically on the same metric",
  help: "The vertical autoscaler changes the requests that the horizontal one divides the usage by. On the same metric the two work against each other (kubernetes/autoscaler: known limitations of the Vertical Pod Autoscaler).",
  check({ plan }, report) {
    for (const { name, path, scale, sizing } of plan.units) {
      if (sizing !== "auto" || (scale?.cpu === undefined && scale?.memory === undefined)) continue;
      report(`${path}.sizing`, {
        why: `${name} is scaled on its ${scale.cpu === undefined ? "memory" : "CPU"} utilisation, and \`sizing: auto\` changes the request that the utilisation is computed from`,
        advice: "let the vertical autoscaler only recommend: `sizing: recommend`",
        fix: { edits: [{ path: `${path}.sizing`, value: "recommend" }], safe: true },
      });
    }
  },
});
