import type { Milliseconds, Path, Plan, Ratio } from "../plan/plan.js";
import type { FaultName } from "../platform-file/faults.js";
import { joinPath, parsePath } from "../platform-file/path.js";
import type { PredictedAvailability } from "../promises/availability.js";
import { compareSheets, promisesOf } from "../promises/comparison/compare.js";
import { formatPredicted, objectiveText } from "../promises/comparison/format.js";
import { sizeOf } from "../promises/comparison/size.js";
import { formatPercentile } from "../promises/format.js";
import type { PredictedLatency } from "../promises/latency/predicted-latency.js";
import { type PromiseSheet, promiseSheet, type Row } from "../promises/sheet.js";
import { check } from "./check.js";
import type { Concern } from "./concern.js";
import type { Finding, ScopedEdit } from "./finding.js";
import { promisable, promiseEdits, promisePlace, sloEdit, sloText } from "./promise-edits.js";
import { type MakePlans, promiseText, withEdits } from "./verify-fixes.js";

/** A set of edits with which every promise is kept, as the sheet of the edited file proves. */
export interface Suggestion {
  readonly steps: readonly SuggestedStep[];
  /** The edited file. */
  readonly text: string;
  /** What the platform needs in addition, over all environments: the cost by which suggestions are ordered. */
  readonly added: { readonly nodes: number; readonly replicas: number; readonly cpuMillicores: number };
}

export interface SuggestedStep {
  /** `design` changes what runs; `promise` changes what is promised. */
  readonly kind: "design" | "promise";
  readonly advice: string;
  readonly edits: readonly ScopedEdit[];
}

export interface Suggestions {
  /** Number of promises that are not kept. */
  readonly unkept: number;
  readonly suggestions: readonly Suggestion[];
  /** Promises that no known edit keeps: `RTO of orders in database-loss (production): …`. Empty if there is a suggestion. */
  readonly unsolved: readonly string[];
}

/** A change may break another promise, which the next round solves. */
const MAX_ROUNDS = 8;

/**
 * How far an attempt changes the design. `free`: wherever a rule knows how, because a promise that one change breaks may be kept
 * by the next one. `careful`: only where the change breaks no promise that the file keeps. `none`: promises alone.
 */
type DesignChanges = "free" | "careful" | "none";

/**
 * The smallest sets of edits after which every promise of every environment is kept, cheapest first: one that changes the design
 * wherever a rule knows how and promises more time elsewhere, and one that only promises more time. None breaks or withdraws a
 * promise that the file keeps. There is no suggestion if one of the promises is kept by no known edit. Pure. Costs at most three
 * times `MAX_ROUNDS` checks, and a plan and a sheet for each edit.
 */
export function suggest(text: string, makePlans: MakePlans, today?: string): Suggestions {
  const before = makePlans(text) ?? [];
  const sheets = sheetsOf(before);
  const open = unkept(sheets);
  if (open.length === 0) return { unkept: 0, suggestions: [], unsolved: [] };
  const attemptWith = (design: DesignChanges): Attempt => attempt(text, design, sheets, makePlans, today);
  const free = attemptWith("free");
  const freeText = textWith(text, free.steps);
  const isBreaking = freeText !== undefined && breaksKept(sheets, sheetsOf(makePlans(freeText) ?? []));
  const attempts = [isBreaking ? attemptWith("careful") : free, attemptWith("none")];
  const found = attempts
    .filter(({ unsolved }) => unsolved.length === 0)
    .map(({ steps }) => suggestionOf(text, minimal(text, steps, sheets, makePlans), before, makePlans));
  const distinct = new Map(found.map((suggestion) => [suggestion.text, suggestion]));
  return {
    unkept: open.length,
    suggestions: [...distinct.values()].sort(compareCosts),
    unsolved: distinct.size > 0 ? [] : (attempts[0]?.unsolved ?? []),
  };
}

/** The sheet of each environment: of one version of the file they are computed once. */
type Sheets = ReadonlyMap<string, PromiseSheet>;

function sheetsOf(plans: readonly Plan[]): Sheets {
  return new Map(plans.map((plan) => [plan.environment, promiseSheet(plan, [])]));
}

/** The promises of these sheets that are not kept, as text. */
function unkept(sheets: Sheets): readonly string[] {
  return [...sheets.values()].flatMap((sheet) =>
    promisesOf(sheet)
      .filter(({ promised }) => promised.verdict !== "kept")
      .map(({ place, promised: { predicted, why } }) => {
        const shown = typeof predicted === "number" ? `${formatPredicted(predicted, place.of)} predicted` : why;
        return `${promiseText(place)} (${sheet.environment}): ${shown}`;
      }),
  );
}

/** Whether the later version breaks or withdraws a promise that the earlier one keeps. */
function breaksKept(before: Sheets, after: Sheets): boolean {
  return [...before].some(([environment, sheet]) =>
    compareSheets(sheet, after.get(environment)).some(
      (change) => change.kind === "lost" || (change.kind === "withdrawn" && change.before?.verdict === "kept"),
    ),
  );
}

interface Attempt {
  readonly steps: readonly SuggestedStep[];
  /** The promises that no step keeps. */
  readonly unsolved: readonly string[];
}

/** Steps, round by round, until every promise is kept or no round changes anything; then `unsolved` has what is left. */
function attempt(
  text: string,
  design: DesignChanges,
  before: Sheets,
  makePlans: MakePlans,
  today: string | undefined,
): Attempt {
  const steps: SuggestedStep[] = [];
  let edited = text;
  let unsolved: readonly string[] = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const plans = makePlans(edited) ?? [];
    unsolved = unkept(sheetsOf(plans));
    if (unsolved.length === 0) break;
    const count = steps.length;
    const apply = (candidates: readonly SuggestedStep[]): void => {
      for (const step of candidates) {
        const next = withEdits(edited, step.edits);
        if (next === undefined || next === edited) continue;
        const nextPlans = makePlans(next);
        if (nextPlans === undefined || (design === "careful" && breaksKept(before, sheetsOf(nextPlans)))) continue;
        edited = next;
        steps.push(step);
      }
    };
    if (design !== "none") apply(designSteps(check(plans, undefined, today)));
    // The design is changed as long as that changes anything; then the promises that no rule knows a change for.
    if (steps.length === count) apply(promiseSteps(plans));
    if (steps.length === count) break;
  }
  return { steps, unsolved };
}

/** Without each change of the design that is not needed. Longer promises are for what no design solves: all are needed. */
function minimal(
  text: string,
  steps: readonly SuggestedStep[],
  before: Sheets,
  makePlans: MakePlans,
): readonly SuggestedStep[] {
  let needed = steps;
  for (const step of steps.filter(({ kind }) => kind === "design")) {
    const without = needed.filter((each) => each !== step);
    const edited = textWith(text, without);
    const plans = edited === undefined ? undefined : makePlans(edited);
    if (plans === undefined) continue;
    const sheets = sheetsOf(plans);
    if (unkept(sheets).length === 0 && !breaksKept(before, sheets)) needed = without;
  }
  return needed;
}

function textWith(text: string, steps: readonly SuggestedStep[]): string | undefined {
  return withEdits(
    text,
    steps.flatMap(({ edits }) => edits),
  );
}

function suggestionOf(
  text: string,
  steps: readonly SuggestedStep[],
  before: readonly Plan[],
  makePlans: MakePlans,
): Suggestion {
  const edited = textWith(text, steps) ?? text;
  const old = totalSize(before);
  const now = totalSize(makePlans(edited) ?? []);
  return {
    steps,
    text: edited,
    added: {
      nodes: now.nodes - old.nodes,
      replicas: now.replicas - old.replicas,
      cpuMillicores: now.cpuMillicores - old.cpuMillicores,
    },
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

function compareCosts(a: Suggestion, b: Suggestion): number {
  return (
    a.added.nodes - b.added.nodes ||
    a.added.replicas - b.added.replicas ||
    a.added.cpuMillicores - b.added.cpuMillicores ||
    a.steps.length - b.steps.length
  );
}

/** The fixes of the findings about promises, except those that promise less: `promiseSteps` does so more precisely. */
function designSteps(findings: readonly Finding[]): readonly SuggestedStep[] {
  const places = new Set<string>();
  return findings.flatMap(({ severity, fix, concerns = [], hint = "" }) => {
    if (severity !== "error" || fix === undefined || concerns.length === 0 || fix.some(changesPromise)) return [];
    const own = fix.map(({ environment, path }) => `${environment ?? ""} ${path}`);
    if (own.some((place) => places.has(place))) return [];
    for (const place of own) places.add(place);
    return [{ kind: "design" as const, advice: hint, edits: fix }];
  });
}

function changesPromise({ path }: ScopedEdit): boolean {
  return parsePath(path).includes("objectives");
}

/**
 * Promises that the predictions keep, in place of those that they break: of one subject, under the faults that break it, in the
 * environments that break it. What has no bound is promised no more.
 */
function promiseSteps(plans: readonly Plan[]): readonly SuggestedStep[] {
  const found = new Map<string, Map<string, KeptPromise>>();
  for (const plan of plans) {
    const { rows, availability, latency } = promiseSheet(plan, []);
    for (const row of rows) for (const of of ["rto", "rpo"] as const) addRecovery(found, plan, row, of);
    for (const each of availability) addAvailability(found, plan, each);
    for (const each of latency) addLatency(found, plan, each);
  }
  return [...found.values()].flatMap((byEnvironment) => stepsFor(byEnvironment, plans.length));
}

/** A fault that breaks the promise in every environment is promised in the base, any other one in its environments. */
function stepsFor(byEnvironment: ReadonlyMap<string, KeptPromise>, environments: number): readonly SuggestedStep[] {
  const all = [...byEnvironment];
  const isCommon = (fault: FaultName): boolean =>
    all.length === environments && all.every(([, { faults }]) => faults.has(fault));
  const only = (each: KeptPromise, common: boolean): KeptPromise => ({
    ...each,
    faults: new Map([...each.faults].filter(([fault]) => isCommon(fault) === common)),
  });
  const isSame = ({ faults, slo }: KeptPromise): boolean =>
    faults.size > 0 || (slo !== undefined && all.length === environments);
  const base = all.map(([, each]) => only(each, true)).filter(isSame);
  const single = all
    .map(([name, each]) => [name, only(each, false)] as const)
    .filter(([, each]) => each.faults.size > 0 || (each.slo !== undefined && base.length === 0));
  const [first, ...rest] = base;
  return [
    ...(first === undefined ? [] : [stepOf(rest.reduce(joinedPromise, first), first.path)]),
    ...single.map(([name, each]) => stepOf(each, `${joinPath("environments", name)}.${each.path}`)),
  ];
}

/** A promise of a subject that is kept. */
interface KeptPromise {
  readonly path: Path;
  readonly subject: string;
  readonly of: Concern["of"];
  /** The objective for all other faults, if the subject declares one for every fault. */
  readonly single: Milliseconds | undefined;
  /** By fault: the worst case, infinite without a bound. */
  readonly faults: ReadonlyMap<FaultName, Milliseconds>;
  /** What is predicted of an SLO target: the availability, 0 if it is unknown, or the latency, infinite without a bound. */
  readonly slo: Ratio | Milliseconds | undefined;
}

function addRecovery(found: FoundPromises, plan: Plan, row: Row, of: "rto" | "rpo"): void {
  const { predicted, verdict } = row[of];
  if (verdict !== "broken" && verdict !== "unknown") return;
  const { path, single } = promisePlace(plan, row, of);
  const total = predicted.kind === "bounded" ? predicted.total : Number.POSITIVE_INFINITY;
  const promise = { path, subject: row.subject, of, single, slo: undefined };
  add(found, plan, { ...promise, faults: new Map([[row.fault, total]]) });
}

function addAvailability(found: FoundPromises, plan: Plan, each: PredictedAvailability): void {
  const { subject, path, predicted, verdict } = each;
  if (verdict === "kept") return;
  const slo = predicted.kind === "known" ? predicted.value : 0;
  add(found, plan, { path, subject, of: "availability", single: undefined, faults: new Map(), slo });
}

function addLatency(found: FoundPromises, plan: Plan, each: PredictedLatency): void {
  const { subject, of, percentile, predicted, verdict } = each;
  if (verdict === "kept") return;
  const path = `${each.path}.${formatPercentile(percentile)}`;
  const slo = predicted.kind === "bounded" ? predicted.total : Number.POSITIVE_INFINITY;
  add(found, plan, { path, subject, of, single: undefined, faults: new Map(), slo });
}

type FoundPromises = Map<string, Map<string, KeptPromise>>;

function add(found: FoundPromises, plan: Plan, promise: KeptPromise): void {
  const byEnvironment = found.get(promise.path) ?? new Map<string, KeptPromise>();
  const known = byEnvironment.get(plan.environment);
  byEnvironment.set(plan.environment, known === undefined ? promise : joinedPromise(known, promise));
  found.set(promise.path, byEnvironment);
}

/** Kept where either is kept. */
function joinedPromise(a: KeptPromise, b: KeptPromise): KeptPromise {
  const faults = new Map(a.faults);
  for (const [fault, total] of b.faults) faults.set(fault, Math.max(faults.get(fault) ?? 0, total));
  const worse = a.of === "availability" ? Math.min : Math.max;
  return { ...a, faults, slo: a.slo === undefined || b.slo === undefined ? undefined : worse(a.slo, b.slo) };
}

function stepOf({ subject, of, single, faults, slo }: KeptPromise, path: Path): SuggestedStep {
  if (slo !== undefined) {
    const value = sloText(of, slo);
    const advice =
      value === "none" && of !== "availability"
        ? `promise no ${objectiveText(of)} of ${subject}`
        : `promise ${subject} the ${objectiveText(of)} ${value}`;
    return { kind: "promise", advice, edits: [{ ...sloEdit(of, path, slo), environment: undefined }] };
  }
  const edits = promiseEdits({ path, single }, faults).map((each) => ({ ...each, environment: undefined }));
  const promised = [...faults].map(([fault, total]) => `${promisable(total)} in ${fault}`).join(", ");
  return { kind: "promise", advice: `promise ${subject} the ${of.toUpperCase()} ${promised}`, edits };
}
