import type { Outcome } from "../src/contracts/drills.js";
import type { Plan } from "../src/plan/plan.js";
import { type PromiseSheet, promiseSheet } from "../src/promises/sheet.js";
import { planOf } from "../test/support/plan/planned.js";
import { requirement } from "../test/support/requirements.js";
import type { Case } from "./case.js";
import { judge, type Line } from "./judge.js";
import type { CaseResult } from "./results.js";

/** The plan of a case and its promise sheet, without measurements of drills. */
export function predictionsOf({ platform, environment }: Case): { readonly plan: Plan; readonly sheet: PromiseSheet } {
  const plan = planOf(platform, environment);
  return { plan, sheet: promiseSheet(plan, []) };
}

/** Why this machine cannot run a case; empty if it can. */
export function missingFor({ needs }: Case): readonly string[] {
  return needs.flatMap((name) => {
    const answer = requirement(name);
    return answer.ok ? [] : [answer.reason];
  });
}

/** Builds the system of a case, and injects its fault `runs` times. */
export async function measureCase(
  of: Case,
  runs: number,
  report: (run: number, outcomes: Readonly<Record<string, Outcome>>) => void = () => undefined,
): Promise<Pick<CaseResult, "versions" | "figures">> {
  const { plan } = predictionsOf(of);
  const rig = await of.start(plan);
  const figures: Record<string, Outcome[]> = Object.fromEntries(Object.keys(of.figures).map((name) => [name, []]));
  try {
    for (let run = 1; run <= runs; run += 1) {
      const outcomes = await rig.measure();
      report(run, outcomes);
      for (const [name, outcome] of Object.entries(outcomes)) figures[name]?.push(outcome);
    }
    return { versions: rig.versions, figures };
  } finally {
    await rig.stop();
  }
}

/** A line for each figure of a case. */
export function linesOf(of: Case, result: Pick<CaseResult, "figures">): readonly Line[] {
  const { plan, sheet } = predictionsOf(of);
  return Object.entries(of.figures).map(([name, figure]) =>
    judge(of, name, figure, figure.predicted(sheet, plan), result.figures[name] ?? []),
  );
}
