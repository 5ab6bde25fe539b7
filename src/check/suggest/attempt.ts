import { check } from "../check.js";
import { type MakePlans, withEdits } from "../verify-fixes.js";
import { alertSteps, designSteps } from "./design-steps.js";
import { promiseSteps } from "./promise-steps.js";
import { breaksKept, unkept, type Version, versionOf } from "./sheets.js";
import type { SuggestedStep } from "./suggestion.js";

/** A change may break another promise, which the next round solves. */
const MAX_ROUNDS = 8;

/** How many versions of the file one search may plan beyond one a round: a plan of a large platform takes a second. */
const MAX_TRIALS = 48;

/**
 * How far an attempt changes the design. `free`: wherever a rule knows how, because a promise that one change breaks may be kept
 * by the next one. `careful`: only where the change breaks no promise that the file keeps. `none`: promises alone.
 */
export type DesignChanges = "free" | "careful" | "none";

export interface Attempt {
  readonly steps: readonly SuggestedStep[];
  /** The promises that no step keeps. */
  readonly unsolved: readonly string[];
  /** The file with these steps. */
  readonly version: Version;
}

/** What every step of a search reads. */
export interface Search {
  /** The file as it is. */
  readonly before: Version;
  readonly makePlans: MakePlans;
  readonly today: string | undefined;
  /** The environment whose promises are to be kept; undefined: all of them. */
  readonly environment: string | undefined;
}

/** Steps, round by round, until every promise is kept or no round changes anything; then `unsolved` has what is left. */
export function attempt({ before, makePlans, today, environment }: Search, design: DesignChanges): Attempt {
  const steps: SuggestedStep[] = [];
  let version = before;
  let unsolved: readonly string[] = [];
  let trials = MAX_TRIALS;

  /** Takes all candidates if they work together, or else those of each half that do. */
  const take = (candidates: readonly SuggestedStep[]): void => {
    if (candidates.length === 0 || trials-- <= 0) return;
    const text = textWith(version.text, candidates);
    const plans = text === undefined || text === version.text ? undefined : makePlans(text);
    const next = text === undefined || plans === undefined ? undefined : versionOf(text, plans);
    if (next && !(design === "careful" && breaksKept(before.sheets, next.sheets))) {
      version = next;
      steps.push(...candidates);
    } else if (candidates.length > 1) {
      const half = Math.ceil(candidates.length / 2);
      take(candidates.slice(0, half));
      take(candidates.slice(half));
    }
  };

  for (let round = 0; round < MAX_ROUNDS; round++) {
    unsolved = unkept(version.sheets, environment);
    const count = steps.length;
    // An alert changes no component, so it comes first whatever the attempt may change: recoveries wait for it.
    take(alertSteps(version.plans, environment));
    if (steps.length > count) continue;
    if (unsolved.length === 0) break;
    if (design !== "none") take(designSteps(check(version.plans, undefined, today, environment)));
    // The design is changed as long as that changes anything; then the promises that no rule knows a change for.
    if (steps.length === count) take(promiseSteps(version, environment));
    if (steps.length === count) break;
  }
  return { steps, unsolved, version };
}

/** Without the changes of the design that are not needed. Longer promises are for what no design solves: all are needed. */
export function minimal(
  { before, makePlans, environment }: Search,
  { steps, version }: Attempt,
): Omit<Attempt, "unsolved"> {
  let needed: Omit<Attempt, "unsolved"> = { steps, version };
  const changes = steps.filter(({ kind }) => kind === "design");
  const size = Math.max(1, Math.ceil(changes.length / MAX_TRIALS));
  for (let at = 0; at < changes.length; at += size) {
    const group = new Set(changes.slice(at, at + size));
    const without = needed.steps.filter((each) => !group.has(each));
    const text = textWith(before.text, without);
    const plans = text === undefined ? undefined : makePlans(text);
    if (text === undefined || plans === undefined) continue;
    const next = versionOf(text, plans);
    const isComplete =
      unkept(next.sheets, environment).length === 0 && alertSteps(next.plans, environment).length === 0;
    if (isComplete && !breaksKept(before.sheets, next.sheets)) needed = { steps: without, version: next };
  }
  return needed;
}

/** The text with the edits of steps; undefined if they would also change other places, through an alias. */
function textWith(text: string, steps: readonly SuggestedStep[]): string | undefined {
  return withEdits(
    text,
    steps.flatMap(({ edits }) => edits),
  );
}
