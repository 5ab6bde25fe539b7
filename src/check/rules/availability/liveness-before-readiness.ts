import type { Probe } from "../../../plan/plan.js";
import { formatDuration } from "../../../platform-file/format.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** A slow replica is killed before it is spared. */
export const livenessBeforeReadiness = defineRule({
  code: "availability/liveness-before-readiness",
  severity: "warning",
  summary: "the liveness probe gives up no later than the readiness probe",
  help: "A replica that is slow for a moment should be sent nothing until it has recovered: that is what readiness is for. Where liveness loses patience first it is killed instead, its work goes to the others, and they become slow in turn.",
  check(plan, report) {
    if (onOneMachine(plan)) return;
    for (const { name, health, objectives, replicas } of plan.units) {
      const { live, ready } = health;
      if (patience(live) > patience(ready)) continue;
      const failures = Math.ceil((2 * patience(ready)) / live.every);
      report(`${health.path}.live`, {
        why: `${name} is killed after ${formatDuration(patience(live))} without an answer, and taken out of the routing after ${formatDuration(patience(ready))}`,
        advice: `have more patience before a kill: \`live: { failures: ${failures} }\``,
        fix: {
          edits: [{ path: `${health.path}.live.failures`, value: failures }],
          // A lone replica that hangs is out of service until it is killed: more patience makes that outage longer.
          safe: objectives.rto === undefined || replicas.min > 1,
        },
      });
    }
  },
});

function patience({ every, failures }: Probe): number {
  return every * failures;
}
