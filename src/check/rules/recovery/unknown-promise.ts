import { formatDuration } from "../../../platform-file/format.js";
import { promisePath } from "../../../promises/promised.js";
import { notRunHere } from "../../../promises/terms/left-out.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { concern } from "../../rows.js";
import { defineRule } from "../../rule.js";

/** A promise of which nobody can say whether it holds. */
export const unknownPromise = defineRule({
  code: "recovery/unknown-promise",
  severity: "error",
  summary: "something is promised that cannot be predicted",
  help: "Unknown is never kept. Either the missing fact is stated, or the promise is withdrawn.",
  check(plan, report, sheet) {
    for (const row of sheet.rows) {
      // Without metrics nobody is told: observability/objective-unwatched says that once, for everything.
      if (plan.observe.metrics === "none" && !onOneMachine(plan)) continue;
      const element = [...plan.units, ...plan.stores].find(({ path }) => path === row.path);
      // availability/not-run-here says that once, for every fault.
      if (element && notRunHere(element, plan) !== undefined) continue;
      const { objectives } = element ?? plan.models.find(({ path }) => path === row.path) ?? plan;
      for (const of of ["rto", "rpo"] as const) {
        const { predicted, promised, verdict } = row[of];
        if (verdict !== "unknown" || predicted.kind !== "unknown" || promised === undefined) continue;
        report(promisePath(plan, objectives, of), {
          concerns: [concern({ row, of })],
          why: `${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)} for ${row.fault}, but nobody can say whether it holds: ${predicted.why}`,
          advice: "state what is missing, or promise nothing here (`none`)",
        });
      }
    }
  },
});
