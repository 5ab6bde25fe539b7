import { formatDuration } from "../../../platform-file/format.js";
import { formatTerms, formatWorstCase } from "../../../promises/format.js";
import type { Prediction } from "../../../promises/prediction.js";
import { ON_CALL_RESPONSE } from "../../../promises/terms/store.js";
import { pagingRemedy } from "../../paging.js";
import { defineRule } from "../../rule.js";

/** The crash of one process breaks a promise. See docs/checks.md, Availability. */
export const crashRecovery = defineRule({
  code: "availability/crash-recovery",
  severity: "error",
  summary: "a crashed or hung process does not recover within the RTO, or loses more than the RPO",
  help: "Only a probe detects a hung process, so probe period and failure threshold are part of every outage. With two replicas the readiness probe decides, with one replica the liveness probe, the kill and the restart.",
  check(context, report) {
    for (const of of ["rto", "rpo"] as const) {
      for (const promise of context.brokenPromises("process-crash", of)) {
        const { row, predicted, promised } = promise;
        const unit = context.unit(row.subject);
        const possible = context.shortestKeptPromise(promise);
        const remedies = [
          ...(unit && unit.replicas.min < 2 ? ["run two replicas"] : []),
          ...(awaitsPerson(predicted) ? pagingRemedy(context.plan) : ["probe more often"]),
          ...(possible === undefined ? [] : [`promise at least ${formatWorstCase(possible)}`]),
        ];
        const effect = of === "rto" ? "is unavailable for" : "loses the writes of";
        const at = unit
          ? `${unit.path}.${of === "rto" ? "health" : "objectives.rpo"}`
          : `${row.path}.${of === "rto" ? "probe" : "persistence"}`;
        report(at, {
          concerns: context.concerns(promise),
          why:
            predicted.kind === "unbounded"
              ? `${predicted.why}, but ${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)} for a crash`
              : `after a crash ${row.subject} ${effect} ${formatTerms(predicted.total, predicted.terms)}, but promises ${of.toUpperCase()} ${formatDuration(promised)}`,
          advice:
            predicted.kind === "unbounded"
              ? (predicted.fix?.advice ?? "keep the data on disk or back it up")
              : remedies.length < 2
                ? remedies.join("")
                : `${remedies.slice(0, -1).join(", ")}, or ${remedies.at(-1)}`,
        });
      }
    }
  },
});

/** Nothing detects the hang of some servers: a person who is notified kills them. */
function awaitsPerson(predicted: Prediction): boolean {
  return predicted.kind === "bounded" && predicted.terms.some(({ name }) => name === ON_CALL_RESPONSE);
}
