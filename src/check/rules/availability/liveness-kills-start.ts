import { formatDuration } from "../../../spec/format.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** The probe that should restart a hanging process kills one that is still starting. */
export const livenessKillsStart = defineRule({
  code: "availability/liveness-kills-start",
  severity: "error",
  summary: "the liveness probe gives up before the unit can have started",
  help: "A process that is killed while it starts, starts again and is killed again: a loop that looks like a crash and gets slower with every turn. It begins on the day the start takes longer, under load or with a bigger model.",
  check(plan, report) {
    if (onOneMachine(plan)) return;
    for (const { name, health } of plan.units) {
      const { after, every, failures } = health.live;
      const patience = after + every * failures;
      if (patience >= health.startup) continue;
      report(`${health.path}.live`, {
        why: `${name} may take ${formatDuration(health.startup)} to start, but its liveness probe kills it after ${formatDuration(patience)} (${formatDuration(after)} + ${failures} × ${formatDuration(every)})`,
        advice: `wait as long as a start takes: \`after: ${formatDuration(health.startup)}\``,
        fix: { edits: [{ path: `${health.path}.live.after`, value: formatDuration(health.startup) }], safe: true },
      });
    }
  },
});
