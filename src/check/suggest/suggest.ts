import type { Plan } from "../../plan/plan.js";
import { sizeOf } from "../../promises/comparison/size.js";
import type { MakePlans } from "../verify-fixes.js";
import { type Attempt, attempt, minimal, type Search } from "./attempt.js";
import { breaksKept, loweredPromises, unkept, type Version, versionOf } from "./sheets.js";
import type { Suggestion, Suggestions } from "./suggestion.js";

/**
 * The smallest sets of edits after which every promise is kept, of one environment or of all: one that changes the design wherever a
 * rule knows how and promises more time elsewhere, and one that only promises more time. Those that withdraw the fewest promises
 * are first, then those that relax the fewest, and of the same numbers the cheapest. None breaks or withdraws a promise that any environment keeps. There is no suggestion if one of the promises is kept by no known edit. Pure. The number of plans and
 * sheets is bounded: of a platform that needs many edits, some edits that are not needed may remain.
 */
export function suggest(text: string, makePlans: MakePlans, today?: string, environment?: string): Suggestions {
  const before = versionOf(text, makePlans(text) ?? []);
  const search: Search = { before, makePlans, today, environment };
  const open = unkept(before.sheets, environment);
  if (open.length === 0) return { unkept: 0, suggestions: [], unsolved: [] };
  const free = attempt(search, "free");
  const isBreaking = breaksKept(before.sheets, free.version.sheets);
  const attempts = [isBreaking ? attempt(search, "careful") : free, attempt(search, "none")];
  const found = attempts
    .filter(({ unsolved }) => unsolved.length === 0)
    .map((each) => suggestionOf(before, minimal(search, each)));
  const distinct = new Map(found.map((suggestion) => [suggestion.text, suggestion]));
  return {
    unkept: open.length,
    suggestions: [...distinct.values()].sort(byLoweredThenCost),
    unsolved: distinct.size > 0 ? [] : (attempts[0]?.unsolved ?? []),
  };
}

function suggestionOf(before: Version, { steps, version }: Omit<Attempt, "unsolved">): Suggestion {
  const old = totalSize(before.plans);
  const now = totalSize(version.plans);
  return {
    steps,
    text: version.text,
    added: {
      nodes: now.nodes - old.nodes,
      replicas: now.replicas - old.replicas,
      cpuMillicores: now.cpuMillicores - old.cpuMillicores,
    },
    ...loweredPromises(before.sheets, version.sheets),
  };
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

function byLoweredThenCost(a: Suggestion, b: Suggestion): number {
  return (
    a.withdrawn - b.withdrawn ||
    a.relaxed - b.relaxed ||
    a.added.nodes - b.added.nodes ||
    a.added.replicas - b.added.replicas ||
    a.added.cpuMillicores - b.added.cpuMillicores ||
    a.steps.length - b.steps.length
  );
}
