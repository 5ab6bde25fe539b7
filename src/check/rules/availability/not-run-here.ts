import { formatDuration } from "../../../platform-file/format.js";
import { notRunHere, promiseNothing } from "../../../promises/terms/left-out.js";
import { unknownIn } from "../../rows.js";
import { defineRule } from "../../rule.js";

/** Said once for each element, however many faults it would have been struck by. */
export const notRun = defineRule({
  code: "availability/not-run-here",
  severity: "error",
  summary: "something is promised of a unit or store that `keelson up` does not run",
  help: "On one machine Keelson's modules and PostgreSQL run as processes. Foreign images, sidecars, caches and brokers run where containers do: there is nothing here that could recover, and so nothing that keeps a promise. Where nothing is promised it is only a note.",
  check(plan, report, sheet) {
    for (const element of [...plan.units, ...plan.stores]) {
      const why = notRunHere(element, plan);
      if (why === undefined) continue;
      const { rto, rpo } = element.objectives;
      const promised = [
        ...(rto === undefined ? [] : [`RTO ${formatDuration(rto)}`]),
        ...(rpo === undefined ? [] : [`RPO ${formatDuration(rpo)}`]),
      ];
      const concerns = sheet.rows.filter(({ path }) => path === element.path).flatMap(unknownIn);
      const { advice, edits = [] } = promiseNothing(element);
      report(
        element.path,
        concerns.length > 0
          ? {
              concerns,
              why: `${element.name} promises ${promised.join(" and ")}, but is ${why}`,
              advice,
              fix: { edits, safe: false },
            }
          : { why: `${element.name} is ${why}`, advice: runElsewhere, severity: "note" },
      );
    }
    for (const sidecar of plan.units.flatMap(({ sidecars }) => sidecars)) {
      const why = notRunHere(sidecar, plan);
      if (why !== undefined) {
        report(sidecar.path, { why: `the sidecar ${sidecar.name} is ${why}`, advice: runElsewhere, severity: "note" });
      }
    }
  },
});

const runElsewhere =
  "where it is needed, run it as a container: `keelson render FILE -t compose`, or `provide: in-cluster`";
