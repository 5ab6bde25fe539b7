import { isDatabase } from "../../../plan/stores/index.js";
import { onOneMachine } from "../../../promises/terms/machine.js";
import { unknownPromises } from "../../context.js";
import { firstDeclared } from "../../declared-path.js";
import { defineRule } from "../../rule.js";

/** A promise could be broken without an alert. See docs/checks.md, Observability. */
export const objectiveUnwatched = defineRule({
  code: "observability/objective-unwatched",
  severity: "error",
  summary: "no alert watches an objective",
  help: "Recovery starts with an alert. Each objective has one: `down` for the RTO, `backups` for the RPO, `availability` for the availability.",
  check({ plan, sheet }, report) {
    // On one machine the supervisor detects failures.
    if (onOneMachine(plan)) return;
    const elements = [...plan.entrances, ...plan.units, ...plan.models, ...plan.stores];
    // An objective for single faults is in the rows alone.
    const names = (["rto", "rpo", "availability"] as const).filter(
      (key) =>
        elements.some(({ objectives }) => objectives[key] !== undefined) ||
        (key !== "availability" && sheet.rows.some((row) => row[key].promised !== undefined)),
    );
    if (names.length === 0) return;
    const { metrics, alerts } = plan.observe;
    if (metrics === "none") {
      report(firstDeclared(plan, "observe.metrics", `objectives.${names[0]}`), {
        concerns: sheet.rows.flatMap(unknownPromises),
        why: `${names.join(", ")} ${names.length === 1 ? "is" : "are"} promised, but no metrics are stored, so no alert can fire`,
        advice: "set `observe: { metrics: prometheus }`, or set no objectives here",
        fix: { edits: [{ path: "observe.metrics", value: "prometheus" }], safe: false },
      });
      return;
    }
    const watched = { rto: alerts.down !== undefined, rpo: alerts.backups, availability: alerts.availability };
    const off = names.filter((name) => !watched[name]).map((name) => [name, ...ALERT_OF[name]] as const);
    // A standby that falls behind and a volume that fills are reported by this alert alone.
    const isDatabaseOff = names.includes("rto") && !alerts.database && plan.stores.some(isDatabase);
    for (const [objective, alert, value] of [...off, ...(isDatabaseOff ? [["rto", "database", true] as const] : [])]) {
      report(`${alerts.path}.${alert}`, {
        why: `${objective} is promised, but its alert \`${alert}\` is off`,
        advice: `set \`alerts: { ${alert}: ${value} }\``,
        fix: { edits: [{ path: `${alerts.path}.${alert}`, value }], safe: true },
      });
    }
  },
});

const ALERT_OF = { rto: ["down", "2m"], rpo: ["backups", true], availability: ["availability", true] } as const;
