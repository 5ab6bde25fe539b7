import { originOf } from "../../../plan/origin.js";
import type { FaultObjective, Objectives, Origin, Plan } from "../../../plan/plan.js";
import { formatDuration } from "../../../platform-file/format.js";
import { entranceSubjects, volumeSubjects } from "../../../promises/subjects.js";
import type { CheckContext } from "../../context.js";
import { defineRule } from "../../rule.js";

/** A promise for one fault that no row of the sheet assesses. See docs/checks.md, Recovery. */
export const promiseUnassessed = defineRule({
  code: "recovery/promise-unassessed",
  severity: "error",
  summary: "a promise for one fault belongs to no row of the sheet, in any environment",
  help: "Each fault affects some kinds of components: a database loses its storage, a service does not. A promise for a fault that does not affect its component is never assessed. A promise or a drill of the whole platform for a fault that affects nothing in it is a warning.",
  check(context, report) {
    const { plan } = context;
    const assessed = new Set(context.environments.flatMap(assessedPromises));
    const withRows = new Set<string>(context.environments.flatMap(({ sheet }) => sheet.rows.map(({ fault }) => fault)));
    for (const { path, fault, of, promised } of plan.objectives.byFault) {
      if (promised === undefined || withRows.has(fault)) continue;
      report(path, {
        severity: "warning",
        why: `${plan.platform} promises ${of.toUpperCase()} ${formatDuration(promised)} for ${fault}, which affects nothing in it: the promise is never assessed`,
        advice: "declare what the fault affects, or remove the promise",
        fix: { edits: [{ path, value: "none" }], safe: false },
      });
    }
    for (const { name, objectives } of elements(plan)) {
      for (const single of objectives.byFault) {
        const { path, fault, of, promised } = single;
        const isOwn = path.startsWith(`${objectives.path}.`);
        if (promised === undefined || !isOwn || assessed.has(keyOf(plan, single))) continue;
        report(path, {
          why: `${name} promises ${of.toUpperCase()} ${formatDuration(promised)} for ${fault}, which has no row for ${name}: the promise is never assessed`,
          advice: `promise it where the fault has a row (\`keelson promises\` lists them), or nothing (\`${of}: { ${fault}: none }\`)`,
          fix: { edits: [{ path, value: "none" }], safe: false },
        });
      }
    }
    const drilled = plan.drills?.faults ?? [];
    const idle = drilled.filter((fault) => !withRows.has(fault));
    if (plan.drills === undefined || idle.length === 0) return;
    const path = `${plan.drills.path}.faults`;
    report(path, {
      severity: "warning",
      why: `drills are declared for ${idle.join(", ")}, which ${idle.length === 1 ? "affects" : "affect"} nothing in ${plan.platform}`,
      advice: "declare what the fault affects, or remove it from `drills.faults`",
      fix: { edits: [{ path, value: drilled.filter((fault) => withRows.has(fault)) }], safe: false },
    });
  },
});

interface Promising {
  readonly name: string;
  readonly objectives: Objectives;
}

/** Every element that may promise something. */
function elements(plan: Plan): readonly Promising[] {
  const { units, models, stores } = plan;
  return [...entranceSubjects(plan), ...units, ...volumeSubjects(plan), ...models, ...stores];
}

/**
 * The promises for single faults that rows assess, by their lines: what a policy or an anchor declares for several components is
 * assessed if it is for one of them, and what the base declares if it is in one environment.
 */
function assessedPromises({ sheet }: CheckContext): readonly string[] {
  return sheet.rows.flatMap(({ fault, rto, rpo }) =>
    (
      [
        ["rto", rto.promisedAt],
        ["rpo", rpo.promisedAt],
      ] as const
    ).flatMap(([of, at]) => (at === undefined ? [] : [placeKey(fault, of, at)])),
  );
}

function keyOf(plan: Plan, { fault, of, path }: FaultObjective): string {
  return placeKey(fault, of, originOf(plan, path));
}

function placeKey(fault: string, of: string, { file, line, column }: Origin): string {
  return JSON.stringify([fault, of, file, line, column]);
}
