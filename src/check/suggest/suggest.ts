import type { Plan } from "../../plan/plan.js";
import { compareSheets } from "../../promises/comparison/compare.js";
import { sizeOf } from "../../promises/comparison/size.js";
import type { MakePlans } from "../verify-fixes.js";
import { type Attempt, attempt, type DesignChanges, minimal, type Search, textWith } from "./attempt.js";
import { breaksKept, type Sheets, sheetsOf, unkept } from "./sheets.js";
import type { SuggestedStep, Suggestion, Suggestions } from "./suggestion.js";

/**
 * The smallest sets of edits after which every promise of every environment is kept, cheapest first: one that changes the design
 * wherever a rule knows how and promises more time elsewhere, and one that only promises more time. None breaks or withdraws a
 * promise that the file keeps. There is no suggestion if one of the promises is kept by no known edit. Pure. The number of plans and
 * sheets is bounded: of a platform that needs many edits, some edits that are not needed may remain.
 */
export function suggest(text: string, makePlans: MakePlans, today?: string): Suggestions {
  const plans = makePlans(text) ?? [];
  const before = sheetsOf(plans);
  const search: Search = { text, before, makePlans, today };
  const open = unkept(before);
  if (open.length === 0) return { unkept: 0, suggestions: [], unsolved: [] };
  const attemptWith = (design: DesignChanges): Attempt => attempt(search, design);
  const free = attemptWith("free");
  const freeText = textWith(text, free.steps);
  const isBreaking = freeText !== undefined && breaksKept(before, sheetsOf(makePlans(freeText) ?? []));
  const attempts = [isBreaking ? attemptWith("careful") : free, attemptWith("none")];
  const found = attempts
    .filter(({ unsolved }) => unsolved.length === 0)
    .map(({ steps }) => suggestionOf(search, minimal(search, steps), plans));
  const distinct = new Map(found.map((suggestion) => [suggestion.text, suggestion]));
  return {
    unkept: open.length,
    suggestions: [...distinct.values()].sort(compareCosts),
    unsolved: distinct.size > 0 ? [] : (attempts[0]?.unsolved ?? []),
  };
}

function suggestionOf(
  { text, before, makePlans }: Search,
  steps: readonly SuggestedStep[],
  plans: readonly Plan[],
): Suggestion {
  const edited = textWith(text, steps) ?? text;
  const editedPlans = makePlans(edited) ?? [];
  const old = totalSize(plans);
  const now = totalSize(editedPlans);
  return {
    steps,
    text: edited,
    added: {
      nodes: now.nodes - old.nodes,
      replicas: now.replicas - old.replicas,
      cpuMillicores: now.cpuMillicores - old.cpuMillicores,
    },
    withdrawn: withdrawnPromises(before, sheetsOf(editedPlans)),
  };
}

function withdrawnPromises(before: Sheets, after: Sheets): number {
  return [...before].reduce(
    (count, [environment, sheet]) =>
      count + compareSheets(sheet, after.get(environment)).filter(({ kind }) => kind === "withdrawn").length,
    0,
  );
}

function totalSize(plans: readonly Plan[]): Suggestion["added"] {
  const sizes = plans.map(sizeOf);
  const sum = (of: (size: ReturnType<typeof sizeOf>) => number): number =>
    sizes.reduce((total, size) => total + of(size), 0);
  return {
    nodes: sum(({ machines }) => Object.values(machines).reduce((total, { min }) => total + min, 0)),
    replicas: sum(({ replicas }) => replicas.min),
    cpuMillicores: sum(({ cpu }) => cpu),
  };
}

function compareCosts(a: Suggestion, b: Suggestion): number {
  return (
    a.added.nodes - b.added.nodes ||
    a.added.replicas - b.added.replicas ||
    a.added.cpuMillicores - b.added.cpuMillicores ||
    a.withdrawn - b.withdrawn ||
    a.steps.length - b.steps.length
  );
}
