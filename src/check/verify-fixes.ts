import { KeelsonError } from "../errors/keelson-error.js";
import type { Plan } from "../plan/plan.js";
import type { ScopedEdit } from "../platform-file/diagnostic.js";
import { applyEdits } from "../platform-file/edit/apply.js";
import { promisesOf } from "../promises/comparison/compare.js";
import { objectiveText } from "../promises/comparison/format.js";
import { promiseSheet } from "../promises/sheet.js";
import type { Concern } from "./concern.js";
import type { Finding } from "./finding.js";

/** Plans every environment of a platform file's text; undefined if the text is invalid. Pure. */
export type MakePlans = (text: string) => readonly Plan[] | undefined;

/**
 * Verifies each safe fix by itself against the promise sheet. A fix that would break a promise that is kept is no longer
 * safe, and its advice names the promise. Costs one plan and one sheet per safe fix.
 */
export function verifyFixes(text: string, findings: readonly Finding[], makePlans: MakePlans): readonly Finding[] {
  // Most files have no safe fix, and the sheet costs as much as the check itself.
  if (!findings.some(({ safe, fix }) => safe && fix)) return findings;
  const before = keptPromises(makePlans(text) ?? []);
  return findings.map((finding) => {
    if (!finding.safe || !finding.fix) return finding;
    const next = withEdits(text, finding.fix);
    if (next === undefined)
      return {
        ...finding,
        safe: false,
        hint: `${finding.hint ?? ""}; edit it by hand, because an alias of the file repeats this value elsewhere`,
      };
    const plans = makePlans(next);
    if (plans === undefined)
      return { ...finding, safe: false, hint: `${finding.hint ?? ""}; by itself this would make the file invalid` };
    const [broken] = brokenIn(before, plans);
    if (broken === undefined) return finding;
    return { ...finding, safe: false, hint: `${finding.hint ?? ""}; by itself this would break ${broken}` };
  });
}

/** A text with the edits applied; undefined if they would also change other places, through an alias. */
export function withEdits(text: string, edits: readonly ScopedEdit[]): string | undefined {
  try {
    return applyEdits(text, edits);
  } catch (error) {
    if (error instanceof KeelsonError && error.code === "edit/impossible") return undefined;
    throw error;
  }
}

/** Those of the kept promises that a text no longer keeps. An invalid text keeps none. */
export function promisesBrokenBy(before: KeptPromises, text: string, makePlans: MakePlans): readonly string[] {
  return brokenIn(before, makePlans(text) ?? []);
}

function brokenIn(before: KeptPromises, plans: readonly Plan[]): readonly string[] {
  const after = keptPromises(plans);
  return [...before].filter((promise) => !after.has(promise));
}

/** Promises with the verdict kept, as text: `the RTO of orders in database-loss (production)`. */
export type KeptPromises = ReadonlySet<string>;

/** Every kept promise of these plans. */
export function keptPromises(plans: readonly Plan[]): KeptPromises {
  return new Set(
    plans.flatMap((plan) =>
      promisesOf(promiseSheet(plan, []))
        .filter(({ promised }) => promised.verdict === "kept")
        .map(({ place }) => `the ${promiseText(place)} (${plan.environment})`),
    ),
  );
}

/** `RTO of orders in database-loss`, `availability of web`. */
export function promiseText({ fault, subject, of }: Concern): string {
  return `${objectiveText(of)} of ${subject}${fault === undefined ? "" : ` in ${fault}`}`;
}
