import { defineRule } from "../../rule.js";

/** A rollout may neither add a replica nor remove one. See docs/checks.md, Availability. */
export const rolloutStuck = defineRule({
  code: "availability/rollout-stuck",
  severity: "error",
  summary: "a rollout may neither add a replica nor have one unavailable, so it cannot start",
  help: "Kubernetes rejects a Deployment whose maxSurge and maxUnavailable are both 0. Surge needs spare capacity on the nodes, unavailable reduces the capacity of the unit.",
  check({ plan }, report) {
    for (const { name, rollout } of plan.units) {
      if (rollout.strategy !== "rolling" || rollout.surge > 0 || rollout.unavailable > 0) continue;
      report(`${rollout.path}.surge`, {
        why: `${name} has surge 0 and unavailable 0: a rollout cannot start`,
        advice: "allow one more replica: `surge: 1`",
        fix: { edits: [{ path: `${rollout.path}.surge`, value: 1 }], safe: true },
      });
    }
  },
});
