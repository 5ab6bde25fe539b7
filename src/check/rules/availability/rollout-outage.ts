import { defineRule } from "../../rule.js";

/** A new version takes the last replica down before it has its own. */
export const rolloutOutage = defineRule({
  code: "availability/rollout-outage",
  severity: "error",
  summary: "a rollout may take every replica away before a new one is ready",
  help: "`unavailable` is how many may be missing and `surge` how many may be added. With as many missing as there are replicas at least, each release is an outage.",
  check(plan, report) {
    for (const unit of plan.units) {
      const { rollout, replicas, name, role, objectives, resources } = unit;
      if (replicas.min === 0 || role === "worker") continue;
      const away =
        rollout.strategy === "recreate" ? replicas.min : rollout.strategy === "rolling" ? rollout.unavailable : 0;
      // Stateful units with a volume of their own must stop before they start: the volume has one owner.
      const bound = rollout.strategy === "recreate" && unit.volumes.some(({ kind }) => kind === "persistent");
      if (away < replicas.min || bound) continue;
      report(`${rollout.path}.${rollout.strategy === "recreate" ? "strategy" : "unavailable"}`, {
        why:
          rollout.strategy === "recreate"
            ? `${name} stops all ${replicas.min} replica${replicas.min === 1 ? "" : "s"} before the new version starts`
            : `${name} may miss ${away} of ${replicas.min} replica${replicas.min === 1 ? "" : "s"} while a new version rolls out`,
        severity: objectives.availability === undefined ? "warning" : "error",
        advice: "start the new one first: `rollout: { surge: 1, unavailable: 0 }`",
        fix: {
          edits: [{ path: rollout.path, value: { surge: Math.max(1, rollout.surge), unavailable: 0 } }],
          // One more at a time needs a spare GPU, which is rarely free.
          safe: resources.gpu.count === 0,
        },
      });
    }
  },
});
