import { hasServers } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { formatSchedule } from "../../../platform-file/schedule.js";
import { type Server, type TakenSchedule, taken } from "../../../promises/subjects.js";
import { defineRule } from "../../rule.js";

/** Copies are thrown away before the policy allows it. */
export const retention = defineRule({
  code: "recovery/retention",
  severity: "error",
  summary: "backups are kept for less time than the retention policy asks",
  help: "A retention objective says how far back data must be restorable. A backup that is deleted earlier breaks it silently: nobody notices until the old state is asked for.",
  check(plan, report) {
    for (const store of plan.stores.filter(hasServers)) {
      const wanted = store.objectives.retention;
      const longest = longestKept(store);
      if (wanted === undefined || !longest || longest.keep >= wanted) continue;
      const most = longest.limits?.keep;
      const beyond = most && wanted > most.value ? most : undefined;
      const value = formatSchedule({ ...longest.declared, keep: wanted });
      report(longest.path, {
        why: `backups of ${store.name} are kept for ${formatDuration(longest.keep)}, but its data must be restorable for ${formatDuration(wanted)}`,
        advice: beyond
          ? `promise no more than ${formatDuration(beyond.value)}, or copy them to a bucket of your own: ${beyond.source}`
          : `keep them for ${formatDuration(wanted)}`,
        ...(beyond ? {} : { fix: { edits: [{ path: longest.path, value }], safe: true } }),
      });
    }
  },
});

/** A copy that is declared and never taken keeps nothing, for however long it is declared. */
function longestKept(store: Server): TakenSchedule | undefined {
  const { full, snapshot } = taken(store);
  return full && snapshot ? (snapshot.keep > full.keep ? snapshot : full) : (full ?? snapshot);
}
