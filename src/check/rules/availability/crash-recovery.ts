import { formatDuration } from "../../../platform-file/format.js";
import { readable } from "../../../promises/explain.js";
import { broken, concerns, reckoned } from "../../rows.js";
import { defineRule } from "../../rule.js";

/** The smallest fault there is already breaks the promise. */
export const crashRecovery = defineRule({
  code: "availability/crash-recovery",
  severity: "error",
  summary: "a crashed or hanging process is not back within the RTO, or loses more than the RPO",
  help: "A hanging process is only found by its probe, so probe period and failures are part of every outage. With two replicas the readiness probe decides, with one the liveness probe, the kill and the restart.",
  check(plan, report, sheet) {
    for (const of of ["rto", "rpo"] as const) {
      for (const cell of broken(sheet, "process-crash", of)) {
        const { row, predicted, promised } = cell;
        const unit = plan.units.find(({ name }) => name === row.subject);
        const says = of === "rto" ? "is back after" : "loses";
        report(
          unit
            ? `${unit.path}.${of === "rto" ? "health" : "objectives.rpo"}`
            : `${row.path}.${of === "rto" ? "probe" : "persistence"}`,
          {
            concerns: concerns(sheet, cell, "node-loss", "zone-loss"),
            why:
              predicted.kind === "unbounded"
                ? `${predicted.why}, but ${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)} for a crash`
                : `after a crash ${row.subject} ${says} ${reckoned(predicted.total, predicted.terms)}, but promises ${formatDuration(promised)}`,
            advice:
              predicted.kind === "unbounded"
                ? (predicted.fix?.advice ?? "keep the data on disk or copy it")
                : unit && unit.replicas.min < 2
                  ? `run two replicas, probe more often, or promise at least ${readable(predicted.total)}`
                  : `probe more often, or promise at least ${readable(predicted.total)}`,
          },
        );
      }
    }
  },
});
