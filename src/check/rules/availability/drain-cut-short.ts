import { formatDuration } from "../../../platform-file/format.js";
import { defineRule } from "../../rule.js";

/** The kill comes before the drain is over. */
export const drainCutShort = defineRule({
  code: "availability/drain-cut-short",
  severity: "error",
  summary: "a replica is killed before it has finished what it began",
  help: "After SIGTERM a replica first waits until nobody sends it more, then finishes what it has. The grace runs from SIGTERM: if the wait uses it up, every rollout and scale-in cuts streams.",
  check(plan, report) {
    for (const { name, path, terminationGrace, drainDelay, objectives, replicas } of plan.units) {
      if (terminationGrace > drainDelay) continue;
      const grace = drainDelay + 30_000;
      report(`${path}.grace`, {
        why: `${name} waits ${formatDuration(drainDelay)} before it stops taking requests, and is killed ${formatDuration(terminationGrace)} after SIGTERM: no time is left for those it has`,
        advice: `give it ${formatDuration(grace)}`,
        fix: {
          edits: [{ path: `${path}.grace`, value: formatDuration(grace) }],
          // A lone replica that hangs is killed only after the grace: a longer one makes that outage longer.
          safe: objectives.rto === undefined || replicas.min > 1,
        },
      });
    }
  },
});
