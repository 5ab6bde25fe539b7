import { hasPersistentVolume } from "../../../promises/subjects.js";
import { defineRule } from "../../rule.js";

/** A rollout stops the last replica before a new one is ready. See docs/checks.md, Availability. */
export const rolloutOutage = defineRule({
  code: "availability/rollout-outage",
  severity: "error",
  summary: "a rollout may stop every replica before a new one is ready",
  help: "`unavailable` is how many replicas may be unavailable, `surge` how many may be added. If all replicas may be unavailable, every release is an outage.",
  check({ plan }, report) {
    for (const unit of plan.units) {
      const { rollout, replicas, name, role, objectives, resources } = unit;
      if (replicas.min === 0 || role === "worker") continue;
      const unavailable =
        rollout.strategy === "recreate" ? replicas.min : rollout.strategy === "rolling" ? rollout.unavailable : 0;
      // A unit with a volume of its own must stop before it starts: only one replica can mount the volume.
      const mustStopFirst = rollout.strategy === "recreate" && hasPersistentVolume(unit);
      if (unavailable < replicas.min || mustStopFirst) continue;
      const count = `${replicas.min} replica${replicas.min === 1 ? "" : "s"}`;
      report(`${rollout.path}.${rollout.strategy === "recreate" ? "strategy" : "unavailable"}`, {
        why:
          rollout.strategy === "recreate"
            ? `${name} stops all ${count} before the new version starts`
            : `${name} may have ${unavailable} of ${count} unavailable during a rollout`,
        severity: objectives.availability === undefined ? "warning" : "error",
        advice: "start the new replica first: `rollout: { surge: 1, unavailable: 0 }`",
        fix: {
          edits: [{ path: rollout.path, value: { surge: Math.max(1, rollout.surge), unavailable: 0 } }],
          // An additional replica needs a spare GPU, which is rarely available.
          safe: resources.gpu.count === 0,
        },
      });
    }
  },
});
