import { hasServers } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { takenBackups } from "../../../promises/subjects.js";
import { defineRule } from "../../rule.js";

/** WAL is deleted before the next full backup exists. See docs/checks.md, Recovery. */
export const logChain = defineRule({
  code: "recovery/log-chain",
  severity: "error",
  summary: "archived WAL is deleted before the next full backup, so it cannot be replayed",
  help: "WAL can only be replayed on a full backup that it follows without a gap. If segments are deleted sooner than full backups are taken, the oldest segments are missing just before the next backup, and the archive is useless.",
  check({ plan }, report) {
    for (const store of plan.stores.filter(hasServers)) {
      const { full, log, path } = takenBackups(store);
      if (!full || !log || log.keep >= full.every) continue;
      const keep = full.every * 2;
      report(log.path, {
        why: `the WAL of ${store.name} is retained for ${formatDuration(log.keep)}, but full backups are taken every ${formatDuration(full.every)}`,
        advice: `retain the WAL of two full backups: ${formatDuration(keep)}`,
        fix: {
          edits: [{ path: `${path}.log`, value: formatSchedule({ every: log.declared.every, keep }) }],
          safe: true,
        },
      });
    }
  },
});
