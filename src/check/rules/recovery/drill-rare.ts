import { formatDuration } from "../../../platform-file/format.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { defineRule } from "../../rule.js";

/** Kubernetes publishes three versions a year: what was drilled before is not what runs. */
const LONGEST_MS = 180 * 86_400_000;

/** Drills are scheduled too rarely to prove anything. See docs/checks.md, Recovery. */
export const drillRare = defineRule({
  code: "recovery/drill-rare",
  severity: "warning",
  summary: "drills are scheduled less often than twice a year",
  help: "A drill proves the recovery of what ran at that time. Kubernetes publishes three versions a year and PostgreSQL a minor one every quarter, data grows, and the people who were there leave: a restore that was tried a year ago is a restore of another platform.",
  check({ plan }, report) {
    const { drills, data } = plan;
    if (onOneMachine(plan) || data !== "real" || drills === undefined || drills.every <= LONGEST_MS) return;
    report(`${drills.path}.every`, {
      why: `drills are scheduled every ${formatDuration(drills.every)}, so a recovery may last have been tried that long ago`,
      advice: "drill once a quarter: `every: 90d`",
      // A drill injects a fault into a running platform.
      fix: { edits: [{ path: `${drills.path}.every`, value: "90d" }], safe: false },
    });
  },
});
