import { canBeInjected } from "../../../promises/faults/index.js";
import type { Cell, Row } from "../../../promises/sheet.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { firstDeclared } from "../../declared-path.js";
import { defineRule } from "../../rule.js";

/** A promise is never tested by a drill. See docs/checks.md, Recovery. */
export const drillMissing = defineRule({
  code: "recovery/drill-missing",
  severity: "warning",
  summary: "faults that the promises cover have no scheduled drill",
  help: "A prediction is reliable only if drills confirm it. Without drills the first real restore is also the first test of the backups.",
  check({ plan, sheet }, report) {
    if (onOneMachine(plan) || plan.data !== "real") return;
    const promised = new Map(sheet.rows.filter(canBeDrilled).map((row) => [row.fault, row.drill]));
    const missing = [...promised.keys()].filter((fault) => !plan.drills?.faults.includes(fault));
    if (missing.length === 0) return;
    const manual = missing.filter((fault) => promised.get(fault) === undefined);
    const one = missing.length === 1;
    report(firstDeclared(plan, "drills.faults", "objectives", "data"), {
      why: `the promises cover ${missing.join(", ")}, but ${one ? "that fault has" : "those faults have"} no scheduled drill`,
      advice: `add ${one ? "it" : "them"} to \`drills.faults\`${manual.length === 0 ? "" : `; \`keelson drill\` cannot inject ${manual.join(", ")} yet: drill ${manual.length === 1 ? "it" : "them"} by hand`}`,
      fix: {
        edits: plan.drills
          ? [{ path: `${plan.drills.path}.faults`, value: [...plan.drills.faults, ...missing] }]
          : [{ path: "drills", value: { every: "90d", faults: missing } }],
        // A drill injects a fault into a running platform.
        safe: false,
      },
    });
  },
});

/**
 * The loss of the whole platform cannot be injected and recovered from, and a fault that a provider rules out cannot be
 * injected at all.
 */
function canBeDrilled({ fault, verdict, subjectKind, rto, rpo }: Row): boolean {
  return (
    verdict !== "not-promised" &&
    canBeInjected(fault) &&
    subjectKind !== "platform" &&
    !(takesNothing(rto) && takesNothing(rpo))
  );
}

function takesNothing({ predicted }: Cell): boolean {
  return predicted.kind === "bounded" && predicted.total === 0;
}
