import { isDeclared } from "../../plan/origin.js";
import type { Milliseconds, Path, Plan, Ratio } from "../../plan/plan.js";
import type { FaultName } from "../../platform-file/faults.js";
import { joinPath } from "../../platform-file/path.js";
import type { PredictedAvailability } from "../../promises/availability.js";
import { objectiveText } from "../../promises/comparison/format.js";
import { formatPercentile } from "../../promises/format.js";
import type { PredictedLatency } from "../../promises/latency/predicted-latency.js";
import type { Row } from "../../promises/sheet.js";
import type { Concern } from "../concern.js";
import { promisable, promiseEdits, promisePlace, sloEdit, sloText } from "../promise-edits.js";
import type { Version } from "./sheets.js";
import type { SuggestedStep } from "./suggestion.js";

/**
 * Promises that the predictions keep, in place of those that they break: of one subject, under the faults that break it, in the
 * environments that break it. What has no bound is promised no more. With `only`, those of that environment.
 */
export function promiseSteps({ plans, sheets }: Version, only: string | undefined): readonly SuggestedStep[] {
  const found = new Map<string, Map<string, KeptPromise>>();
  for (const plan of plans) {
    if (only !== undefined && plan.environment !== only) continue;
    const { rows = [], availability = [], latency = [] } = sheets.get(plan.environment) ?? {};
    for (const row of rows) for (const of of ["rto", "rpo"] as const) addRecovery(found, plan, row, of);
    for (const each of availability) addAvailability(found, plan, each);
    for (const each of latency) addLatency(found, plan, each);
  }
  for (const plan of plans)
    for (const row of sheets.get(plan.environment)?.rows ?? [])
      for (const of of ["rto", "rpo"] as const) addKept(found, plan, row, of);
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

/**
 * What an element keeps is written out where it would inherit another promise: for a fault that the platform now promises by its name,
 * and, of an objective for every fault that becomes one by fault, for those that it named before.
 */
function addKept(found: FoundPromises, plan: Plan, row: Row, of: "rto" | "rpo"): void {
  const { fault, subject, subjectKind } = row;
  const { promised, verdict } = row[of];
  if (verdict !== "kept" || promised === undefined || subjectKind === "platform") return;
  const { path, single } = promisePlace(plan, row, of);
  const known = found.get(path)?.get(plan.environment);
  // An objective for every fault that stays one inherits nothing.
  if (isDeclared(plan, `${path}.${fault}`) || (single !== undefined && known === undefined)) return;
  const { objectives } = plan;
  const isNamed = found.get(`${objectives.path}.${of}`)?.get(plan.environment)?.faults.has(fault) ?? false;
  const wasNamed = objectives.byFault.some((each) => each.of === of && each.fault === fault);
  if (isNamed || (single !== undefined && wasNamed))
    add(found, plan, { path, subject, of, single, slo: undefined, faults: new Map([[fault, promised]]) });
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
