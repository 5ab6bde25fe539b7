import type { Milliseconds, Probe } from "../../../plan/plan.js";
import { formatDuration } from "../../../platform-file/format.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** A slow replica is killed before it is removed from the endpoints. See docs/checks.md, Availability. */
export const livenessBeforeReadiness = defineRule({
  code: "availability/liveness-before-readiness",
  severity: "warning",
  summary: "the liveness probe fails no later than the readiness probe",
  help: "A replica that is slow for a moment should get no requests until it has recovered: that is the purpose of the readiness probe. If the liveness probe fails first, the replica is killed, its load moves to the others, and they become slow in turn.",
  check({ plan }, report) {
    if (onOneMachine(plan)) return;
    for (const { name, health, objectives, replicas } of plan.units) {
      const { live, ready } = health;
      if (timeToFail(live) > timeToFail(ready)) continue;
      const failures = Math.ceil((2 * timeToFail(ready)) / live.every);
      report(`${health.path}.live`, {
        why: `an unresponsive replica of ${name} is killed after ${formatDuration(timeToFail(live))}, and removed from the endpoints after ${formatDuration(timeToFail(ready))}`,
        advice: `raise the failure threshold of the liveness probe: \`live: { failures: ${failures} }\``,
        fix: {
          edits: [{ path: `${health.path}.live.failures`, value: failures }],
          // A single replica that hangs is unavailable until it is killed: a higher threshold makes that outage longer.
          safe: objectives.rto === undefined || replicas.min > 1,
        },
      });
    }
  },
});

function timeToFail({ every, failures }: Probe): Milliseconds {
  return every * failures;
}
