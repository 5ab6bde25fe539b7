import { isDatabase } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { readable } from "../../../promises/explain.js";
import { taken } from "../../../promises/subjects.js";
import { broken, brokenBy, concern, reckoned } from "../../rows.js";
import { defineRule } from "../../rule.js";

/** The promise rests on the newest backup alone. */
export const newestBackupUnreadable = defineRule({
  code: "recovery/newest-backup-unreadable",
  severity: "error",
  summary: "the RPO or RTO is broken when the newest backup cannot be read",
  help: "Backups rot: a disk flips a bit, an upload ends early. The one before must then do, so two full backups have to be kept, and the log must reach back to the older of them.",
  check(plan, report, sheet) {
    for (const of of ["rpo", "rto"] as const) {
      for (const cell of broken(sheet, "backup-corruption", of)) {
        if (brokenBy(sheet, "database-loss", cell)) continue;
        const { row, predicted, promised } = cell;
        const database = plan.stores.filter(isDatabase).find(({ name }) => name === row.subject);
        if (!database) continue;
        const { full, log } = taken(database);
        const needed = (full?.every ?? 0) * 2;
        const late = of === "rpo" && log && log.keep < needed ? log : undefined;
        const single = full && full.keep < needed ? full : undefined;
        const edits = [late, single].flatMap((kept) =>
          kept && needed <= (kept.limits?.keep.value ?? needed)
            ? [{ path: kept.path, value: formatSchedule({ ...kept.declared, keep: needed }) }]
            : [],
        );
        report((late ?? single ?? database.backups).path, {
          concerns: [concern(cell)],
          why:
            predicted.kind === "unbounded"
              ? `${predicted.why}: ${row.subject} promises ${formatDuration(promised)} of ${of.toUpperCase()} with the newest one unreadable too`
              : `with its newest backup unreadable ${row.subject} ${of === "rpo" ? "loses" : "is back after"} ${reckoned(predicted.total, predicted.terms)}, but promises ${formatDuration(promised)}`,
          advice:
            edits.length > 0
              ? `keep two full backups and the log that reaches back to the older: ${edits.map(({ value }) => value).join(", ")}`
              : `promise at least ${predicted.kind === "bounded" ? readable(predicted.total) : "nothing"}, or make full backups more often, so that less log is replayed`,
          ...(edits.length > 0 ? { fix: { edits, safe: true } } : {}),
        });
      }
    }
  },
});
