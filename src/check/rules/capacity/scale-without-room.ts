import { defineRule } from "../../rule.js";

/** Signals are watched and nothing may follow from them. */
export const scaleWithoutRoom = defineRule({
  code: "capacity/scale-without-room",
  severity: "warning",
  summary: "a unit scales between the same least and most",
  help: "An autoscaler between 3 and 3 does nothing, while everybody believes that it does.",
  check(plan, report) {
    for (const { name, path, scale, replicas } of plan.units) {
      if (!scale || replicas.max > replicas.min) continue;
      report(`${path}.replicas`, {
        why: `${name} has signals to scale on, but always ${replicas.min} replica${replicas.min === 1 ? "" : "s"}`,
        advice: `give it room (\`replicas: ${replicas.min}..${Math.max(2, replicas.min * 3)}\`), or leave \`scale\` out`,
      });
    }
  },
});
