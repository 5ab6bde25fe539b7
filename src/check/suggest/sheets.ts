import type { Plan } from "../../plan/plan.js";
import { compareSheets, promisesLess, promisesOf } from "../../promises/comparison/compare.js";
import { formatPredicted } from "../../promises/comparison/format.js";
import { type PromiseSheet, promiseSheet } from "../../promises/sheet.js";
import { promiseText } from "../verify-fixes.js";

/** The sheet of each environment: of one version of the file they are computed once. */
export type Sheets = ReadonlyMap<string, PromiseSheet>;

/** A version of the file: its plans, and their sheets. */
export interface Version {
  readonly text: string;
  readonly plans: readonly Plan[];
  readonly sheets: Sheets;
}

export function versionOf(text: string, plans: readonly Plan[]): Version {
  return { text, plans, sheets: sheetsOf(plans) };
}

function sheetsOf(plans: readonly Plan[]): Sheets {
  return new Map(plans.map((plan) => [plan.environment, promiseSheet(plan, [])]));
}

/** The promises of these sheets that are not kept, as text; those of one environment if it is named. */
export function unkept(sheets: Sheets, only: string | undefined): readonly string[] {
  return [...sheets.values()].flatMap((sheet) =>
    (only === undefined || sheet.environment === only ? promisesOf(sheet) : [])
      .filter(({ promised }) => promised.verdict !== "kept")
      .map(({ place, promised: { predicted, why } }) => {
        const shown = typeof predicted === "number" ? `${formatPredicted(predicted, place.of)} predicted` : why;
        return `${promiseText(place)} (${sheet.environment}): ${shown}`;
      }),
  );
}

/** Whether the later version breaks or withdraws a promise that the earlier one keeps. */
export function breaksKept(before: Sheets, after: Sheets): boolean {
  return [...before].some(([environment, sheet]) =>
    compareSheets(sheet, after.get(environment)).some(
      (change) => change.kind === "lost" || (change.kind === "withdrawn" && change.before?.verdict === "kept"),
    ),
  );
}

/** How many promises the later version makes no more, and how many of the others promise less: a longer time, or less availability. */
export function loweredPromises(
  before: Sheets,
  after: Sheets,
): { readonly withdrawn: number; readonly relaxed: number } {
  const changes = [...before].flatMap(([environment, sheet]) => compareSheets(sheet, after.get(environment)));
  return {
    withdrawn: changes.filter(({ kind }) => kind === "withdrawn").length,
    relaxed: changes.filter(promisesLess).length,
  };
}
