import { KeelsonError } from "../errors/keelson-error.js";
import type { Plan } from "../plan/plan.js";
import { applyEdits } from "../platform-file/edit.js";
import { promiseSheet } from "../promises/sheet.js";
import type { Finding, PlacedEdit } from "./finding.js";
import type { Concern } from "./rule.js";

/** The plans of every environment of a platform file's text; undefined where it cannot be read. Pure. */
export type Planned = (text: string) => readonly Plan[] | undefined;

/**
 * The findings with `safe` only where the promise sheet bears it out: a fix that would break a promise that is kept is
 * left to a person, whatever its rule holds it for, and its advice says which one. Each is tried by itself.
 */
export function proven(text: string, findings: readonly Finding[], planned: Planned): readonly Finding[] {
  // Most files need none of this, and it costs as much as the check itself.
  if (!findings.some(({ safe, fix }) => safe && fix)) return findings;
  const before = kept(planned(text) ?? []);
  return findings.map((finding) => {
    if (!finding.safe || !finding.fix) return finding;
    const next = edited(text, finding.fix);
    if (next === undefined)
      return {
        ...finding,
        safe: false,
        hint: `${finding.hint ?? ""}; by hand, since a machine would change more than this`,
      };
    const [broken] = brokenBy(before, next, planned);
    if (broken === undefined) return finding;
    return { ...finding, safe: false, hint: `${finding.hint ?? ""}; mind that by itself this would break ${broken}` };
  });
}

/** A text with a fix written into it; undefined where that would change more, since an alias repeats what it writes. */
export function edited(text: string, fix: readonly PlacedEdit[]): string | undefined {
  try {
    return fix.reduce((result, { environment, ...edit }) => applyEdits(result, [edit], environment), text);
  } catch (error) {
    if (error instanceof KeelsonError && error.code === "edit/impossible") return undefined;
    throw error;
  }
}

/** Which of these promises are no longer kept by a text, each in words. A text that cannot be read keeps none. */
export function brokenBy(before: Kept, text: string, planned: Planned): readonly string[] {
  const after = kept(planned(text) ?? []);
  return [...before].filter((promise) => !after.has(promise));
}

/** Promises that are kept, in words: `the RTO of orders in database-loss (production)`. */
export type Kept = ReadonlySet<string>;

/** Every promise that the sheets of these plans call kept: fault by subject by objective, and the doors' availability. */
export function kept(plans: readonly Plan[]): Kept {
  return new Set(
    plans.flatMap((plan) => {
      const { rows, availability } = promiseSheet(plan, []);
      const cells = rows.flatMap((row): readonly Concern[] =>
        (["rto", "rpo"] as const)
          .filter((of) => row[of].verdict === "kept")
          .map((of) => ({ fault: row.fault, subject: row.subject, of })),
      );
      const doors = availability
        .filter(({ verdict }) => verdict === "kept")
        .map(({ subject }): Concern => ({ subject, of: "availability" }));
      return [...cells, ...doors].map((cell) => `${inWords(cell)} (${plan.environment})`);
    }),
  );
}

function inWords({ fault, subject, of }: Concern): string {
  const objective = of === "availability" ? of : of.toUpperCase();
  return `the ${objective} of ${subject}${fault === undefined ? "" : ` in ${fault}`}`;
}
