import { isDatabase } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { formatTerms } from "../../../promises/format.js";
import { takenBackups } from "../../../promises/subjects.js";
import { keptInstead } from "../../promise-edits.js";
import { defineRule } from "../../rule.js";

/** The promise depends on the newest backup alone. See docs/checks.md, Recovery. */
export const newestBackupUnreadable = defineRule({
  code: "recovery/newest-backup-unreadable",
  severity: "error",
  summary: "the RPO or RTO is violated when the newest backup cannot be read",
  help: "Backups can be corrupt: bits flip on a disk, uploads are truncated. Recovery then starts from the backup before, so two full backups must be retained, and the archived WAL must reach back to the older one.",
  check(context, report) {
    for (const of of ["rpo", "rto"] as const) {
      for (const promise of context.brokenPromises("backup-corruption", of)) {
        const { row, predicted, promised } = promise;
        const database = context.store(row.subject);
        if (!database || !isDatabase(database) || context.isBrokenBySmallerFault(promise)) continue;
        const { full, log } = takenBackups(database);
        const needed = (full?.every ?? 0) * 2;
        const shortLog = of === "rpo" && log && log.keep < needed ? log : undefined;
        const shortFull = full && full.keep < needed ? full : undefined;
        const edits = [shortLog, shortFull].flatMap((schedule) =>
          schedule && needed <= (schedule.limits?.keep?.value ?? needed)
            ? [{ path: schedule.path, value: formatSchedule({ ...schedule.declared, keep: needed }) }]
            : [],
        );
        const instead = keptInstead(context, promise);
        const effect = of === "rpo" ? "loses the writes of" : "is unavailable for";
        report((shortLog ?? shortFull ?? database.backups).path, {
          concerns: context.concerns(promise),
          why:
            predicted.kind === "unbounded"
              ? `${predicted.why}: ${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)} even if the newest backup cannot be read`
              : `if its newest backup cannot be read, ${row.subject} ${effect} ${formatTerms(predicted.total, predicted.terms)}, but promises ${of.toUpperCase()} ${formatDuration(promised)}`,
          advice:
            edits.length > 0
              ? `keep two full backups, and the WAL back to the older one: ${edits.map(({ value }) => value).join(", ")}`
              : `${instead.advice}, or take full backups more often, so that less WAL is replayed`,
          fix: edits.length > 0 ? { edits, safe: true } : { edits: instead.edits, safe: false },
        });
      }
    }
  },
});
