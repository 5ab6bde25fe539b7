import { SHORTEST_CRON_INTERVAL } from "../../../plan/cron-interval.js";
import type { Path } from "../../../plan/plan.js";
import { isDatabase } from "../../../plan/stores/index.js";
import type { Edit } from "../../../platform-file/diagnostic.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { formatTerms } from "../../../promises/format.js";
import { longestIntervalWithin } from "../../../promises/intervals.js";
import { sum } from "../../../promises/prediction.js";
import { takenBackups } from "../../../promises/subjects.js";
import { takenSchedule } from "../../../promises/terms/volume.js";
import type { BrokenPromise, CheckContext } from "../../context.js";
import { keptInstead } from "../../promise-edits.js";
import { defineRule } from "../../rule.js";

/** The promise depends on the newest backup alone. See docs/checks.md, Recovery. */
export const newestBackupUnreadable = defineRule({
  code: "recovery/newest-backup-unreadable",
  severity: "error",
  summary: "the RPO or RTO is violated when the newest backup cannot be read",
  help: "Backups can be corrupt: bits flip on a disk, uploads are truncated. Recovery then starts from the backup before, so two full backups must be retained, and the archived WAL must reach back to the older one. Without archived WAL, as of a volume, it is two intervals old.",
  check(context, report) {
    for (const of of ["rpo", "rto"] as const) {
      for (const promise of context.brokenPromises("backup-corruption", of)) {
        if (context.isBrokenBySmallerFault(promise)) continue;
        const remedy = databaseRemedy(context, promise) ?? volumeRemedy(context, promise);
        if (!remedy) continue;
        const { row, predicted, promised } = promise;
        const instead = keptInstead(context, promise);
        const effect = of === "rpo" ? "loses the writes of" : "is unavailable for";
        report(remedy.place, {
          concerns: context.concerns(promise),
          why:
            predicted.kind === "unbounded"
              ? `${predicted.why}: ${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)} even if the newest backup cannot be read`
              : `if its newest backup cannot be read, ${row.subject} ${effect} ${formatTerms(predicted.total, predicted.terms)}, but promises ${of.toUpperCase()} ${formatDuration(promised)}`,
          advice: remedy.edits.length > 0 ? remedy.advice : `${instead.advice}, or ${remedy.otherwise}`,
          fix: remedy.edits.length > 0 ? { edits: remedy.edits, safe: true } : { edits: instead.edits, safe: false },
        });
      }
    }
  },
});

interface OlderBackup {
  /** The schedule that is to change. */
  readonly place: Path;
  readonly edits: readonly Edit[];
  readonly advice: string;
  /** Where no edit keeps the promise. */
  readonly otherwise: string;
}

/** Retain two full backups, and the WAL back to the older one. */
function databaseRemedy(context: CheckContext, { row, of }: BrokenPromise): OlderBackup | undefined {
  const database = context.store(row.subject);
  if (!database || !isDatabase(database)) return undefined;
  const { full, log } = takenBackups(database);
  const needed = (full?.every ?? 0) * 2;
  const shortLog = of === "rpo" && log && log.keep < needed ? log : undefined;
  const shortFull = full && full.keep < needed ? full : undefined;
  const edits = [shortLog, shortFull].flatMap((schedule) =>
    schedule && needed <= (schedule.limits?.keep?.value ?? needed)
      ? [{ path: schedule.path, value: formatSchedule({ ...schedule.declared, keep: needed }) }]
      : [],
  );
  return {
    place: (shortLog ?? shortFull ?? database.backups).path,
    edits,
    advice: `keep two full backups, and the WAL back to the older one: ${edits.map(({ value }) => value).join(", ")}`,
    otherwise: "take full backups more often, so that less WAL is replayed",
  };
}

/** Retain two backups, at intervals of which two are within the RPO. */
function volumeRemedy(context: CheckContext, promise: BrokenPromise): OlderBackup | undefined {
  const { row, of, predicted, promised } = promise;
  const volume = context.volumes.get(row.path)?.volume;
  const schedule = volume && takenSchedule(volume);
  if (!schedule) return undefined;
  const others = predicted.kind === "bounded" ? sum(predicted.terms.slice(1)) : 0;
  const every =
    of === "rpo" && predicted.kind === "bounded"
      ? longestIntervalWithin((promised - others) / 2, schedule.every - 1, SHORTEST_CRON_INTERVAL.value)
      : schedule.every;
  const at = every === schedule.every ? schedule.at : undefined;
  const value = every && formatSchedule({ every, at, keep: Math.max(schedule.keep, every * 2) });
  const helps = value !== undefined && (predicted.kind === "unbounded" || of === "rpo");
  return {
    place: schedule.path,
    edits: helps ? [{ path: schedule.path, value }] : [],
    advice: `keep two backups, at intervals of which two are within the RPO: ${value}`,
    otherwise: "back it up in a way that restores faster",
  };
}
