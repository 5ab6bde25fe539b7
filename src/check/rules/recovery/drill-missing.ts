import type { Row } from "../../../promises/sheet.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { written } from "../../places.js";
import { defineRule } from "../../rule.js";

/** A promise that nobody ever tries. */
export const drillMissing = defineRule({
  code: "recovery/drill-missing",
  severity: "warning",
  summary: "faults that promises are made about are not rehearsed on a schedule",
  help: "A prediction is worth what its last measurement is worth. Velero's and PostgreSQL's users alike learn at the first real restore that it does not work; a drill learns it earlier.",
  check(plan, report, sheet) {
    if (onOneMachine(plan) || plan.data !== "real") return;
    const promised = new Map(sheet.rows.filter(rehearsable).map((row) => [row.fault, row.drill]));
    const missing = [...promised.keys()].filter((fault) => !plan.drills?.faults.includes(fault));
    if (missing.length === 0) return;
    const byHand = missing.filter((fault) => promised.get(fault) === undefined);
    report(written(plan, "drills.faults", "objectives", "data"), {
      why: `something is promised for ${missing.join(", ")}, but ${missing.length === 1 ? "that fault is" : "those faults are"} never rehearsed`,
      advice: `add ${missing.length === 1 ? "it" : "them"} to \`drills.faults\`${byHand.length === 0 ? "" : `; ${byHand.join(", ")} by hand: \`keelson drill\` does not bring ${byHand.length === 1 ? "it" : "them"} about yet`}`,
      fix: {
        edits: plan.drills
          ? [{ path: `${plan.drills.path}.faults`, value: [...plan.drills.faults, ...missing] }]
          : [{ path: "drills", value: { every: "90d", faults: missing } }],
        // A drill breaks something on purpose: a person decides that.
        safe: false,
      },
    });
  },
});

/** Where one zone holds everything its loss can be regretted, not rehearsed. */
function rehearsable({ verdict, path }: Row): boolean {
  return verdict !== "not-promised" && path !== "zones";
}
