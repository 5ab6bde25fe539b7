import { hasServers } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { taken } from "../../../promises/subjects.js";
import { defineRule } from "../../rule.js";

/** The log is thrown away before the next base backup exists. */
export const logChain = defineRule({
  code: "recovery/log-chain",
  severity: "error",
  summary: "shipped log is deleted before the next full backup, so it joins no backup",
  help: "The log can only be replayed on a full backup that it follows without a gap. If segments are deleted sooner than full backups are made, just before the next one the oldest segments needed are gone, and the shipped log is worth nothing.",
  check(plan, report) {
    for (const store of plan.stores.filter(hasServers)) {
      const { full, log, path } = taken(store);
      if (!full || !log || log.keep >= full.every) continue;
      const keep = full.every * 2;
      report(log.path, {
        why: `the log of ${store.name} is kept for ${formatDuration(log.keep)}, but a full backup is made only every ${formatDuration(full.every)}`,
        advice: `keep the log for two full backups: ${formatDuration(keep)}`,
        fix: {
          edits: [{ path: `${path}.log`, value: formatSchedule({ every: log.declared.every, keep }) }],
          safe: true,
        },
      });
    }
  },
});
