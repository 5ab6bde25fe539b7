import { formatDuration } from "../../../platform-file/format.js";
import type { Row } from "../../../promises/sheet.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { ALERT_FIRES } from "../../../promises/terms/store.js";
import { defineRule } from "../../rule.js";

/** The alert fires after the RTO is violated. See docs/checks.md, Observability. */
export const alertTooLate = defineRule({
  code: "observability/alert-too-late",
  severity: "error",
  summary: "the alert fires only when the RTO is already violated",
  help: "Where an operator has to act, the recovery begins with the alert. What recovers by itself needs none within its RTO.",
  check({ plan, sheet }, report) {
    const { alerts, metrics } = plan.observe;
    const { down } = alerts;
    if (metrics === "none" || down === undefined || onOneMachine(plan)) return;
    const shortest = sheet.rows
      .flatMap((row) =>
        row.rto.promised !== undefined && waitsForAlert(row, row.rto.promised)
          ? [{ name: row.subject, rto: row.rto.promised }]
          : [],
      )
      .sort((a, b) => a.rto - b.rto || (a.name < b.name ? -1 : 1))[0];
    if (!shortest || down < shortest.rto) return;
    const half = Math.max(1000, Math.floor(shortest.rto / 2000) * 1000);
    report(`${alerts.path}.down`, {
      why: `${shortest.name} promises RTO ${formatDuration(shortest.rto)}, but the alert waits ${formatDuration(down)} before it fires`,
      advice: `fire the alert after ${formatDuration(half)}`,
      fix: { edits: [{ path: `${alerts.path}.down`, value: formatDuration(half) }], safe: true },
    });
  },
});

/**
 * Whether the recovery begins with the alert, and would be fast enough if that fired at once: otherwise the rule of the fault
 * reports the promise, with all its terms. Of a database without a backup it would begin with it, once there is one.
 */
function waitsForAlert({ subjectKind, rto: { predicted } }: Row, promised: number): boolean {
  if (predicted.kind !== "bounded") return subjectKind === "database";
  const alert = predicted.terms.find(({ name }) => name === ALERT_FIRES);
  return alert !== undefined && predicted.total - alert.value <= promised;
}
