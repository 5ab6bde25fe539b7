import { formatDuration } from "../../../platform-file/format.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** By the time anybody is told, the promise is broken. */
export const alertTooLate = defineRule({
  code: "observability/alert-too-late",
  severity: "error",
  summary: "the alert fires only when the RTO is already over",
  help: "An alert that waits as long as the objective allows can only report that it was missed.",
  check(plan, report) {
    const { alerts, metrics } = plan.observe;
    if (metrics === "none" || alerts.down === undefined || onOneMachine(plan)) return;
    const down = alerts.down;
    const tight = [...plan.units, ...plan.stores]
      .flatMap(({ name, objectives }) => (objectives.rto === undefined ? [] : [{ name, rto: objectives.rto }]))
      .sort((a, b) => a.rto - b.rto || (a.name < b.name ? -1 : 1))[0];
    if (!tight || down < tight.rto) return;
    const half = Math.max(1000, Math.floor(tight.rto / 2000) * 1000);
    report(`${alerts.path}.down`, {
      why: `${tight.name} promises to be back within ${formatDuration(tight.rto)}, but the alert waits ${formatDuration(down)} before it tells anybody`,
      advice: `alert after ${formatDuration(half)}`,
      fix: { edits: [{ path: `${alerts.path}.down`, value: formatDuration(half) }], safe: true },
    });
  },
});
