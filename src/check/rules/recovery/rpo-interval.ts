import type { Cache, Database } from "../../../plan/plan.js";
import { isCache, isDatabase, STORES } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { taken } from "../../../promises/subjects.js";
import { type Broken, broken, concerns, reckoned } from "../../rows.js";
import { defineRule, type Fix } from "../../rule.js";
import { logInterval, longestWithin, shortest } from "./intervals.js";

/** Copies are made too rarely for what may be lost. */
export const rpoInterval = defineRule({
  code: "recovery/rpo-interval",
  severity: "error",
  summary: "backups or log shipping are too far apart for the RPO",
  help: "Everything written since the last complete copy is lost with the store. At worst that is the interval between two copies and the time that one takes, so a daily backup can never keep an RPO of 24 hours.",
  check(plan, report, sheet) {
    for (const cell of [...broken(sheet, "database-loss", "rpo"), ...broken(sheet, "cache-loss", "rpo")]) {
      const store = plan.stores
        .filter((each) => isDatabase(each) || isCache(each))
        .find(({ name }) => name === cell.row.subject);
      if (cell.predicted.kind !== "bounded" || !store) continue;
      const { log, full, snapshot } = taken(store);
      const copies = log ?? snapshot ?? full;
      const limit = copies?.limits?.every;
      const fix = shorter(store, cell);
      report((copies ?? store.backups).path, {
        concerns: concerns(sheet, cell, "backup-corruption"),
        why: `${store.name} may lose ${reckoned(cell.predicted.total, cell.predicted.terms)} of writes, but promises to lose at most ${formatDuration(cell.promised)}`,
        advice: fix
          ? `make copies more often: ${fix.edits.map(({ path, value }) => `\`${path.split(".").at(-1)}: ${String(value)}\``).join(", ")}`
          : limit
            ? `promise a longer RPO, or keep the data where copies are taken more often: ${limit.source}`
            : "no interval is short enough: replicate synchronously, or promise a longer RPO",
        ...(fix ? { fix } : {}),
      });
    }
  },
});

/** The longest usual interval that leaves the RPO whole. A database ships its log, every 5 min where it shipped none. */
function shorter(store: Database | Cache, { predicted, promised }: Broken): Fix | undefined {
  if (predicted.kind !== "bounded") return undefined;
  const { log, full, snapshot, path } = taken(store);
  const current = log ?? snapshot ?? full;
  if (!current) return undefined;
  const database = STORES[store.kind].backupMethod === "log";
  const fixed = predicted.terms.slice(1).reduce((sum, { value }) => sum + value, 0);
  const every = database
    ? logInterval(promised, log && log.every - 1)
    : longestWithin(promised - fixed, current.every - 1);
  const key = database ? "log" : snapshot ? "snapshot" : "full";
  if (every === undefined || every < shortest(store, key)) return undefined;
  // A log must reach back to the older of two full backups, or it is worth nothing when the newest is unreadable.
  const keep = database ? Math.max(log?.keep ?? 0, 2 * (full?.every ?? current.every)) : current.keep;
  return { edits: [{ path: `${path}.${key}`, value: formatSchedule({ every, keep }) }], safe: true };
}
