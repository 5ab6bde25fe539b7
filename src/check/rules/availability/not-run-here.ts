import { formatDuration } from "../../../platform-file/format.js";
import { notRunHere, withdrawPromise } from "../../../promises/terms/not-run.js";
import { unknownPromises } from "../../context.js";
import { defineRule } from "../../rule.js";

/** `keelson up` does not run an element. Reported once per element, for all faults. See docs/checks.md, Availability. */
export const notRun = defineRule({
  code: "availability/not-run-here",
  severity: "error",
  summary: "a promise covers a unit or store that `keelson up` does not run",
  help: "On one machine Keelson runs its own modules and PostgreSQL as processes. Container images, sidecars, caches and brokers need a container runtime: here they do not run, so no promise about them is kept. Without a promise this is a note.",
  check(context, report) {
    const { plan } = context;
    for (const element of [...plan.units, ...plan.stores]) {
      const why = notRunHere(element, plan);
      if (why === undefined) continue;
      const concerns = context.rows(element.path).flatMap(unknownPromises);
      const promised = (["rto", "rpo"] as const)
        .filter((of) => concerns.some((concern) => concern.of === of))
        .map((of) => [of.toUpperCase(), ...forEveryFault(element.objectives[of])].join(" "));
      const { advice, edits = [] } = withdrawPromise(element);
      report(
        element.path,
        concerns.length > 0
          ? {
              concerns,
              why: `${element.name} promises ${promised.join(" and ")}, but is ${why}`,
              advice,
              fix: { edits, safe: false },
            }
          : { why: `${element.name} is ${why}`, advice: RUN_IN_CONTAINER, severity: "note" },
      );
    }
    for (const sidecar of plan.units.flatMap(({ sidecars }) => sidecars)) {
      const why = notRunHere(sidecar, plan);
      if (why !== undefined) {
        report(sidecar.path, {
          why: `the sidecar ${sidecar.name} is ${why}`,
          advice: RUN_IN_CONTAINER,
          severity: "note",
        });
      }
    }
  },
});

const RUN_IN_CONTAINER = "to use it, run it in a container: `keelson render FILE -t compose`, or `provide: in-cluster`";

/** The duration that is promised for every fault that is not named. */
function forEveryFault(promised: number | undefined): readonly string[] {
  return promised === undefined ? [] : [formatDuration(promised)];
}
