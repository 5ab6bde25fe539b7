import type { Plan } from "../../plan/plan.js";
import type { ScopedEdit } from "../../platform-file/diagnostic.js";
import { parsePath } from "../../platform-file/path.js";
import { check } from "../check.js";
import type { Finding } from "../finding.js";
import { objectiveUnwatched } from "../rules/observability/objective-unwatched.js";
import type { SuggestedStep } from "./suggestion.js";

/** The fixes of the findings about promises, except those that promise less: `promiseSteps` does so more precisely. */
export function designSteps(findings: readonly Finding[]): readonly SuggestedStep[] {
  const places = new Set<string>();
  return findings.flatMap(({ severity, fix, concerns = [], hint = "" }) => {
    if (severity !== "error" || fix === undefined || concerns.length === 0 || fix.some(changesPromise)) return [];
    const own = fix.map(({ environment, path }) => `${environment ?? ""} ${path}`);
    if (own.some((place) => places.has(place))) return [];
    for (const place of own) places.add(place);
    return [{ kind: "design" as const, advice: hint, edits: fix }];
  });
}

/** The alerts without which an objective is promised and unwatched. A text that leaves that is an error of `check`. */
export function alertSteps(plans: readonly Plan[], environment: string | undefined): readonly SuggestedStep[] {
  return check(plans, [objectiveUnwatched], undefined, environment).flatMap(({ fix, hint = "" }) =>
    fix === undefined ? [] : [{ kind: "design" as const, advice: hint, edits: fix }],
  );
}

function changesPromise({ path }: ScopedEdit): boolean {
  return parsePath(path).includes("objectives");
}
