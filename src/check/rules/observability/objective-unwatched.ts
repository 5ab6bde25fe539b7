import { onOneMachine } from "../../../promises/terms/machine.js";
import { written } from "../../places.js";
import { unknownIn } from "../../rows.js";
import { defineRule } from "../../rule.js";

/** A promise that could be broken without anybody noticing. */
export const objectiveUnwatched = defineRule({
  code: "observability/objective-unwatched",
  severity: "error",
  summary: "an objective is promised that no alert watches",
  help: "Whoever promises a time of recovery needs to know that the time has begun. Each objective has its alert: `down` for the RTO, `backups` for the RPO, `availability` for the availability.",
  check(plan, report, sheet) {
    // On a laptop the supervisor watches; and whoever sits before it.
    if (onOneMachine(plan)) return;
    const elements = [...plan.units, ...plan.stores];
    const names = (["rto", "rpo", "availability"] as const).filter((key) =>
      elements.some(({ objectives }) => objectives[key] !== undefined),
    );
    if (names.length === 0) return;
    const { metrics, alerts } = plan.observe;
    if (metrics === "none") {
      report(written(plan, "observe.metrics", `objectives.${names[0]}`), {
        concerns: sheet.rows.flatMap(unknownIn),
        why: `${names.join(", ")} ${names.length === 1 ? "is" : "are"} promised, but no metrics are kept, so nobody is told when ${names.length === 1 ? "it is" : "they are"} broken`,
        advice: "`observe: { metrics: prometheus }`, or promise nothing here",
        fix: { edits: [{ path: "observe.metrics", value: "prometheus" }], safe: false },
      });
      return;
    }
    const watched = { rto: alerts.down !== undefined, rpo: alerts.backups, availability: alerts.availability };
    for (const objective of names.filter((name) => !watched[name])) {
      const [alert, value] = alertOf[objective];
      report(`${alerts.path}.${alert}`, {
        why: `${objective} is promised, but the alert \`${alert}\` that would watch it is off`,
        advice: `\`alerts: { ${alert}: ${value} }\``,
        fix: { edits: [{ path: `${alerts.path}.${alert}`, value }], safe: true },
      });
    }
  },
});

const alertOf = { rto: ["down", "2m"], rpo: ["backups", true], availability: ["availability", true] } as const;
