import { defineRule } from "../../rule.js";

/** None may be added and none may be missing: the rollout never takes its first step. */
export const rolloutStuck = defineRule({
  code: "availability/rollout-stuck",
  severity: "error",
  summary: "a rollout may neither add a replica nor miss one, so it never begins",
  help: "Kubernetes refuses a Deployment whose maxSurge and maxUnavailable are both 0. One of them must give way; surge costs a little room, unavailable costs a little capacity.",
  check(plan, report) {
    for (const { name, rollout } of plan.units) {
      if (rollout.strategy !== "rolling" || rollout.surge > 0 || rollout.unavailable > 0) continue;
      report(`${rollout.path}.surge`, {
        why: `${name} allows surge 0 and unavailable 0: a rollout can take no step`,
        advice: "allow one more: `surge: 1`",
        fix: { edits: [{ path: `${rollout.path}.surge`, value: 1 }], safe: true },
      });
    }
  },
});
