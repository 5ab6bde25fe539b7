import { hasServers } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { type Server, type TakenSchedule, takenBackups } from "../../../promises/subjects.js";
import { takenSchedule } from "../../../promises/terms/volume.js";
import { defineRule } from "../../rule.js";

/** Backups are deleted before the retention objective allows it. See docs/checks.md, Recovery. */
export const retention = defineRule({
  code: "recovery/retention",
  severity: "error",
  summary: "backups are retained for less time than the retention objective requires",
  help: "A retention objective states how far back data must be restorable. A backup that is deleted earlier violates it without any error, until an old state is needed.",
  check({ plan, volumes }, report) {
    for (const { name, path, objectives, volume } of volumes.values()) {
      const schedule = takenSchedule(volume);
      const required = objectives.retention;
      if (!schedule || required === undefined || schedule.keep >= required) continue;
      report(schedule.path, {
        why: `backups of ${name} are retained for ${formatDuration(schedule.keep)}, but its retention objective is ${formatDuration(required)}`,
        advice: `retain them for ${formatDuration(required)}, or promise less at ${path}`,
        fix: { edits: [{ path: schedule.path, value: formatSchedule({ ...schedule, keep: required }) }], safe: true },
      });
    }
    for (const store of plan.stores.filter(hasServers)) {
      const required = store.objectives.retention;
      const longest = longestRetained(store);
      if (required === undefined || !longest || longest.keep >= required) continue;
      const maximum = longest.limits?.keep;
      const beyondMaximum = maximum && required > maximum.value ? maximum : undefined;
      const value = formatSchedule({ ...longest.declared, keep: required });
      report(longest.path, {
        why: `backups of ${store.name} are retained for ${formatDuration(longest.keep)}, but its retention objective is ${formatDuration(required)}`,
        advice: beyondMaximum
          ? `promise at most ${formatDuration(beyondMaximum.value)}, or copy the backups to a bucket of your own: ${beyondMaximum.source}`
          : `retain them for ${formatDuration(required)}`,
        fix: beyondMaximum
          ? {
              edits: [{ path: `${store.path}.objectives.retention`, value: formatDuration(beyondMaximum.value) }],
              safe: false,
            }
          : { edits: [{ path: longest.path, value }], safe: true },
      });
    }
  },
});

/** The schedule with the longest retention, of the backups that are taken. */
function longestRetained(store: Server): TakenSchedule | undefined {
  const { full, snapshot } = takenBackups(store);
  return full && snapshot ? (snapshot.keep > full.keep ? snapshot : full) : (full ?? snapshot);
}
