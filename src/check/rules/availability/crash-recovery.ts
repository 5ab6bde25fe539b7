import type { Milliseconds, Plan, Unit } from "../../../plan/plan.js";
import { hasServers } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { recoveryInCluster } from "../../../promises/faults/process-crash.js";
import type { Remedy } from "../../../promises/prediction.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { keptThroughRestart } from "../../../promises/terms/server.js";
import { MESSAGES_DELIVERED_AGAIN } from "../../../promises/terms/unit.js";
import { brokenPromise } from "../../broken-promise.js";
import type { BrokenPromise, CheckContext } from "../../context.js";
import { formatEdits } from "../../edit-text.js";
import { type ChangedUnit, moreReplicas } from "../../redundancy.js";
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
        const { row, promised } = promise;
        const unit = context.unit(row.subject);
        const at = unit
          ? `${unit.path}.${of === "rto" ? "health" : "objectives.rpo"}`
          : `${row.path}.${of === "rto" ? "probe" : "persistence"}`;
        const found = brokenPromise(context, promise, {
          event: "after a crash",
          otherwise: of === "rpo" ? "keep the data on disk or back it up" : shorter(promise),
          limit: unit ? "nothing in the file recovers it sooner" : "its provider fails over or restarts it no sooner",
          remedy: of === "rto" ? unit && soonerRecovery(unit, context.plan, promised) : keptContents(context, promise),
        });
        report(at, found);
      }
    }
  },
});

/** A probe detects the hang of a worker, whose messages are delivered to no other one meanwhile. */
function shorter({ predicted }: BrokenPromise): string | undefined {
  return predicted.kind === "bounded" && predicted.terms.some(({ name }) => name === MESSAGES_DELIVERED_AGAIN)
    ? "declare a port with a health route instead of `role: worker`: a replica that hangs is then restarted, and its messages are delivered to another"
    : undefined;
}

/** What keeps the contents of a server that restarts, where only its backups are counted on. */
function keptContents(context: CheckContext, { row, predicted }: BrokenPromise): Remedy | undefined {
  const store = context.store(row.subject);
  return store && hasServers(store) && predicted.kind === "bounded" ? keptThroughRestart(store) : undefined;
}

/** Probe periods that are suggested, longest first: each probe costs a request. Kubernetes counts in whole seconds. */
const PROBE_PERIODS_MS = [5_000, 2_000, 1_000] as const;

/** The fewest changes with which a process of the unit recovers in time: another replica, shorter probe periods, or both. */
function soonerRecovery(unit: Unit, plan: Plan, promised: Milliseconds): Remedy | undefined {
  if (onOneMachine(plan)) return undefined;
  const replicas = [moreReplicas(unit, unit.replicas.min), moreReplicas(unit, 2)];
  const candidates = [
    ...replicas,
    ...replicas.flatMap((more) => PROBE_PERIODS_MS.map((every) => withProbeEvery(more, every))),
  ];
  const found = candidates.find(({ unit: changed, edits }) => {
    const predicted = recoveryInCluster(changed, plan);
    return edits.length > 0 && predicted.kind === "bounded" && predicted.total <= promised;
  });
  return found && { advice: formatEdits(found.edits), edits: found.edits };
}

/** The probe that detects a hung process: of readiness, where other replicas continue, otherwise of liveness. */
function withProbeEvery({ unit, edits }: ChangedUnit, every: Milliseconds): ChangedUnit {
  const which = unit.replicas.min > 1 ? "ready" : "live";
  const path = `${unit.path}.health.${which}.every`;
  const health = { ...unit.health, [which]: { ...unit.health[which], every } };
  return { unit: { ...unit, health }, edits: [...edits, { path, value: formatDuration(every) }] };
}
