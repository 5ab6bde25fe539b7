import { defineRule } from "../../rule.js";

/** A unit has scaling targets and a fixed number of replicas. See docs/checks.md, Capacity. */
export const scaleWithoutRoom = defineRule({
  code: "capacity/scale-without-room",
  severity: "warning",
  summary: "a unit has scaling targets but equal minimum and maximum replicas",
  help: "An autoscaler between 3 and 3 replicas never scales, although the file declares targets for it.",
  check({ plan }, report) {
    for (const { name, path, scale, replicas } of plan.units) {
      if (!scale || replicas.max > replicas.min) continue;
      const range = `${replicas.min}..${Math.max(2, replicas.min * 3)}`;
      report(`${path}.replicas`, {
        why: `${name} has scaling targets, but always ${replicas.min} replica${replicas.min === 1 ? "" : "s"}`,
        advice: `set a range (\`replicas: ${range}\`), or omit \`scale\``,
        fix: { edits: [{ path: `${path}.replicas`, value: range }], safe: false },
      });
    }
  },
});
