import { type CacheStore, type DatabaseStore, isCache, isDatabase, STORES } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { formatTerms } from "../../../promises/format.js";
import { takenBackups } from "../../../promises/subjects.js";
import type { BrokenPromise } from "../../context.js";
import { formatEdits } from "../../edit-text.js";
import { moreOften } from "../../more-often.js";
import { keptInstead } from "../../promise-edits.js";
import { defineRule, type Fix } from "../../rule.js";
import { minBackupInterval, walInterval } from "./intervals.js";
import { STORAGE_LOSS_FAULTS } from "./storage-loss.js";

/** Backups are too infrequent for the RPO. See docs/checks.md, Recovery. */
export const rpoInterval = defineRule({
  code: "recovery/rpo-interval",
  severity: "error",
  summary: "backups or WAL archiving are too infrequent for the RPO",
  help: "Everything written since the last complete backup is lost with the store. In the worst case that is the interval between two backups plus the duration of one, so a daily backup never keeps an RPO of 24 hours.",
  check(context, report) {
    for (const promise of STORAGE_LOSS_FAULTS.flatMap((fault) => context.brokenPromises(fault, "rpo"))) {
      const store = context.store(promise.row.subject);
      if (promise.predicted.kind !== "bounded" || !store || !(isDatabase(store) || isCache(store))) continue;
      const { log, full, snapshot } = takenBackups(store);
      const schedule = log ?? snapshot ?? full;
      const limit = schedule?.limits?.every;
      const fix = shorterInterval(store, promise);
      const instead = keptInstead(context, promise);
      report((schedule ?? store.backups).path, {
        concerns: context.concerns(promise),
        why: `${store.name} may lose the writes of ${formatTerms(promise.predicted.total, promise.predicted.terms)}, but promises RPO ${formatDuration(promise.promised)}`,
        advice: fix
          ? `back up more often: ${formatEdits(fix.edits)}`
          : limit
            ? `${instead.advice}, or keep the data in a store with more frequent backups: ${limit.source}`
            : `no interval is short enough: replicate synchronously, or ${instead.advice}`,
        fix: fix ?? { edits: instead.edits, safe: false },
      });
    }
  },
});

/** The longest common interval that keeps the RPO. For a database the interval of WAL archiving, 5 min if it had none. */
function shorterInterval(store: DatabaseStore | CacheStore, promise: BrokenPromise): Fix | undefined {
  const { log, full, snapshot } = takenBackups(store);
  const current = log ?? snapshot ?? full;
  if (!current) return undefined;
  if (STORES[store.kind].backupMethod === "log") return shorterLog(store, promise);
  const edit = moreOften(promise, current, minBackupInterval(store, snapshot ? "snapshot" : "full"));
  return edit && { edits: [edit], safe: true };
}

/** The archive must reach back to the older of two full backups, or it is useless when the newest is corrupt. */
function shorterLog(store: DatabaseStore | CacheStore, { promised }: BrokenPromise): Fix | undefined {
  const { log, full, snapshot, path } = takenBackups(store);
  const every = walInterval(promised, log && log.every - 1);
  if (every === undefined || every < minBackupInterval(store, "log")) return undefined;
  const keep = Math.max(log?.keep ?? 0, 2 * ((full ?? log ?? snapshot)?.every ?? 0));
  return { edits: [{ path: `${path}.log`, value: formatSchedule({ every, keep }) }], safe: true };
}
