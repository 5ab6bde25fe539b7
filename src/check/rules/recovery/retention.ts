import type { BackupSchedule } from "../../../plan/plan.js";
import { isServer, type Server, taken } from "../../../promises/subjects.js";
import { formatDuration } from "../../../spec/format.js";
import { formatSchedule } from "../../../spec/schedule.js";
import { defineRule } from "../../rule.js";

/** Copies are thrown away before the policy allows it. */
export const retention = defineRule({
  code: "recovery/retention",
  severity: "error",
  summary: "backups are kept for less time than the retention policy asks",
  help: "A retention objective says how far back data must be restorable. A backup that is deleted earlier breaks it silently: nobody notices until the old state is asked for.",
  check(plan, report) {
    for (const store of plan.stores.filter(isServer)) {
      const wanted = store.objectives.retention;
      const [key, longest] = longestKept(store);
      if (wanted === undefined || !longest || longest.keep >= wanted) continue;
      const { every, at } = longest;
      report(longest.path, {
        why: `backups of ${store.name} are kept for ${formatDuration(longest.keep)}, but its data must be restorable for ${formatDuration(wanted)}`,
        advice: `keep them for ${formatDuration(wanted)}`,
        fix: {
          edits: [{ path: `${store.backups.path}.${key}`, value: formatSchedule({ every, at, keep: wanted }) }],
          safe: true,
        },
      });
    }
  },
});

/** A copy that is declared and never taken keeps nothing, for however long it is declared. */
function longestKept(store: Server): readonly [string, BackupSchedule | undefined] {
  const { full, snapshot } = taken(store);
  if (!full) return ["snapshot", snapshot];
  return snapshot && snapshot.keep > full.keep ? ["snapshot", snapshot] : ["full", full];
}
