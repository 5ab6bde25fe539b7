import type { Entrance, Model, Store, Unit } from "../../../plan/plan.js";
import { formatDuration } from "../../../platform-file/format.js";
import { recoveryObjectivePath } from "../../../promises/objectives.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { notRunHere } from "../../../promises/terms/not-run.js";
import { promiseEdits, promisePlace } from "../../promise-edits.js";
import { defineRule } from "../../rule.js";

/** A promise cannot be predicted. See docs/checks.md, Recovery. */
export const unknownPromise = defineRule({
  code: "recovery/unknown-promise",
  severity: "error",
  summary: "a promise cannot be predicted",
  help: "An unknown promise is not kept. Declare the missing fact, or withdraw the promise.",
  check(context, report) {
    const { plan, sheet } = context;
    // observability/objective-unwatched reports missing metrics once, for all promises.
    if (plan.observe.metrics === "none" && !onOneMachine(plan)) return;
    for (const row of sheet.rows) {
      const element = context.element(row.path);
      // availability/not-run-here reports elements that are not run, once for all faults.
      if (element && isRun(element) && notRunHere(element, plan) !== undefined) continue;
      const { objectives } = element ?? plan;
      for (const of of ["rto", "rpo"] as const) {
        const { predicted, promised, verdict } = row[of];
        if (verdict !== "unknown" || predicted.kind !== "unknown" || promised === undefined) continue;
        const place = promisePlace(plan, row, of);
        const edits = promiseEdits(place, new Map([[row.fault, Number.POSITIVE_INFINITY]]));
        report(recoveryObjectivePath(plan, objectives, row.fault, of), {
          concerns: [{ fault: row.fault, subject: row.subject, of }],
          why: `${row.subject} promises ${of.toUpperCase()} ${formatDuration(promised)} for ${row.fault}, which cannot be predicted: ${predicted.why}`,
          advice: `${predicted.fix?.advice ?? "declare what is missing"}, or promise nothing for it (\`${of}: { ${row.fault}: none }\`)`,
          fix: { edits: predicted.fix?.edits ?? edits, safe: false },
        });
      }
    }
  },
});

/** A unit or a store: processes that a target runs. */
function isRun(element: Unit | Store | Model | Entrance): element is Unit | Store {
  return !("engine" in element) && !("controller" in element);
}
