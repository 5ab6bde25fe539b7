import { surgeWithoutRoom } from "../../../promises/terms/rollout.js";
import { defineRule } from "../../rule.js";

/** The additional pod of a rollout does not fit on a full pool. See docs/checks.md, Capacity. */
export const rolloutSurge = defineRule({
  code: "capacity/rollout-surge",
  severity: "error",
  summary: "a rollout needs a further pod, and the node pool at its maximum has no room for it",
  help: "A rolling update with `unavailable: 0` starts a new pod before it stops an old one. On a full pool the new pod stays pending, and the rollout never ends.",
  check({ plan }, report) {
    for (const unit of plan.units) {
      const stuck = surgeWithoutRoom(plan, unit);
      if (stuck === undefined) continue;
      const { what, needed, pool, advice } = stuck;
      report(`${unit.path}.rollout`, {
        why: `${what}, which needs ${needed} nodes of ${pool.type}, but the maximum of pool ${pool.name} is ${pool.count.max}: the rollout never ends`,
        advice,
        fix: { edits: [{ path: `${unit.path}.rollout`, value: { surge: 0, unavailable: 1 } }], safe: false },
      });
    }
  },
});
