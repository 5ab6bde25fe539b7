import type { Verdict } from "../../contracts/verdict.js";
import type { Origin, Path } from "../../plan/plan.js";
import type { FaultName } from "../../platform-file/faults.js";
import type { PredictedAvailability } from "../availability.js";
import type { PredictedLatency } from "../latency/predicted-latency.js";
import type { SloObjective } from "../objectives.js";
import type { Prediction, Term } from "../prediction.js";
import type { Cell, PromiseSheet } from "../sheet.js";

/** What a promise is about. Recovery and latency are in milliseconds (less is better), availability a ratio (more is better). */
export type Objective = "rto" | "rpo" | SloObjective;

/** The verdict of a promise in one version of the platform, and the figures behind it. */
export interface Promised {
  readonly promised: number;
  readonly promisedAt: Origin | undefined;
  readonly predicted: number | "unbounded" | "unknown";
  /** Why nothing is predicted. */
  readonly why: string | undefined;
  readonly verdict: Verdict;
  /** The terms of a prediction of recovery or latency. */
  readonly terms: readonly Pick<Term, "name" | "value">[];
}

/**
 * `lost`: it was kept and is not any more. `gained`: the opposite. `withdrawn` and `added`: only one of the versions promises it.
 * `removed`: the later version has nothing that the fault affects, so there is nothing to promise. `tightened` and `relaxed`: another value is promised. `worse` and `better`: another value is predicted.
 */
export const CHANGE_KINDS = [
  "lost",
  "withdrawn",
  "removed",
  "worse",
  "relaxed",
  "added",
  "tightened",
  "better",
  "gained",
] as const;

export type ChangeKind = (typeof CHANGE_KINDS)[number];

export interface TermChange {
  readonly name: string;
  /** Undefined: the term is in one version only. */
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** A promise that differs between two versions of a platform. */
export interface PromiseChange {
  readonly environment: string;
  /** Absent for availability and latency. */
  readonly fault?: FaultName;
  readonly subject: string;
  /** The subject's path in the platform file. */
  readonly path: Path;
  readonly of: Objective;
  readonly kind: ChangeKind;
  /** Undefined: this version does not promise it. At least one of the two is there. */
  readonly before: Promised | undefined;
  readonly after: Promised | undefined;
  /** The terms that differ, largest difference first. */
  readonly terms: readonly TermChange[];
}

/**
 * The promises that differ between two sheets of one environment, in the order of the sheets. A sheet that is undefined
 * promises nothing: the environment is in one version only.
 */
export function compareSheets(
  before: PromiseSheet | undefined,
  after: PromiseSheet | undefined,
): readonly PromiseChange[] {
  const old = byPlace(before);
  const now = byPlace(after);
  const keys = new Set([...now.keys(), ...old.keys()]);
  const affected = affectedIn(after);
  return [...keys].flatMap((key) => {
    const was = old.get(key);
    const is = now.get(key);
    const place = (is ?? was)?.place;
    const found = kindOf(was?.promised, is?.promised, place?.of);
    if (place === undefined || found === undefined) return [];
    const kind = found === "withdrawn" && !affected.has(affectedKey(place)) ? "removed" : found;
    const terms = changedTerms(was?.promised.terms ?? [], is?.promised.terms ?? []);
    return [{ ...place, kind, before: was?.promised, after: is?.promised, terms }];
  });
}

/** Whether a promise that was kept is kept no more. */
export function losesPromise(changes: readonly PromiseChange[]): boolean {
  return changes.some(({ kind }) => kind === "lost");
}

/** Whether both versions promise it, and the later one a longer time or less availability. */
export function promisesLess({ of, before, after }: PromiseChange): boolean {
  return before !== undefined && after !== undefined && compared(before.promised, after.promised, of) > 0;
}

/** What each fault of a sheet affects, promised or not. An availability without a promise has no row: its subject counts. */
function affectedIn(sheet: PromiseSheet | undefined): ReadonlySet<string> {
  const rows = sheet?.rows ?? [];
  return new Set(rows.flatMap(({ fault, subject }) => [affectedKey({ fault, subject }), affectedKey({ subject })]));
}

function affectedKey({ fault, subject }: Pick<Place, "fault" | "subject">): string {
  return JSON.stringify([fault, subject]);
}

type Place = Pick<PromiseChange, "environment" | "fault" | "subject" | "path" | "of">;

/** A promise of a sheet, and what it is about. */
export interface PlacedPromise {
  readonly place: Place;
  readonly promised: Promised;
}

/** Everything that a sheet promises: each fault on each subject by objective, each availability, and each latency. */
export function promisesOf(sheet: PromiseSheet): readonly PlacedPromise[] {
  const { environment } = sheet;
  const found: PlacedPromise[] = [];
  for (const { fault, subject, path, ...row } of sheet.rows) {
    for (const of of ["rto", "rpo"] as const) {
      const promised = recovery(row[of]);
      if (promised !== undefined) found.push({ place: { environment, fault, subject, path, of }, promised });
    }
  }
  for (const each of sheet.availability) {
    const { subject, path } = each;
    found.push({ place: { environment, subject, path, of: "availability" }, promised: available(each) });
  }
  for (const each of sheet.latency) {
    const { subject, path, of } = each;
    found.push({ place: { environment, subject, path, of }, promised: responding(each) });
  }
  return found;
}

/** The promises of a sheet by a key that both versions share. */
function byPlace(sheet: PromiseSheet | undefined): ReadonlyMap<string, PlacedPromise> {
  return new Map((sheet ? promisesOf(sheet) : []).map((each) => [keyOf(each.place), each]));
}

function keyOf({ fault, subject, of }: Place): string {
  return JSON.stringify([of, fault, subject]);
}

function recovery({ promised, promisedAt, predicted, verdict }: Cell): Promised | undefined {
  return promised === undefined ? undefined : { promised, promisedAt, verdict, ...figures(predicted) };
}

/** Another percentile with the same limit is the same promise only if its predictions are. */
function responding({ within, promisedAt, predicted, verdict }: PredictedLatency): Promised {
  return { promised: within, promisedAt, verdict, ...figures(predicted) };
}

function figures(predicted: Prediction): Pick<Promised, "predicted" | "why" | "terms"> {
  return predicted.kind === "bounded"
    ? {
        predicted: predicted.total,
        why: undefined,
        terms: predicted.terms.map(({ name, value }) => ({ name, value })),
      }
    : { predicted: predicted.kind, why: predicted.why, terms: [] };
}

function available({ promised, promisedAt, predicted, verdict }: PredictedAvailability): Promised {
  const isKnown = predicted.kind === "known";
  return {
    promised,
    promisedAt,
    predicted: isKnown ? predicted.value : "unknown",
    why: isKnown ? undefined : predicted.why,
    verdict,
    terms: [],
  };
}

function kindOf(
  before: Promised | undefined,
  after: Promised | undefined,
  of: Objective | undefined,
): ChangeKind | undefined {
  if (before === undefined || after === undefined) return before === undefined ? "added" : "withdrawn";
  if (before.verdict === "kept" && after.verdict !== "kept") return "lost";
  if (before.verdict !== "kept" && after.verdict === "kept") return "gained";
  const promised = compared(before.promised, after.promised, of);
  if (promised !== 0) return promised > 0 ? "relaxed" : "tightened";
  const predicted = compared(costOf(before, of), costOf(after, of), of);
  return predicted === 0 ? undefined : predicted > 0 ? "worse" : "better";
}

/** Positive if the later value demands less (of a promise) or is worse (of a prediction). */
function compared(before: number, after: number, of: Objective | undefined): number {
  if (before === after) return 0;
  return of === "availability" ? before - after : after - before;
}

/** A prediction as a number: without a limit, and unknown, are the worst. Unknown is worse, because it may be anything. */
function costOf({ predicted }: Promised, of: Objective | undefined): number {
  if (typeof predicted === "number") return predicted;
  if (of === "availability") return Number.NEGATIVE_INFINITY;
  return predicted === "unbounded" ? Number.MAX_VALUE : Number.POSITIVE_INFINITY;
}

/** Terms of the same name are one: their values are added. */
function changedTerms(before: Promised["terms"], after: Promised["terms"]): readonly TermChange[] {
  const old = byName(before);
  const now = byName(after);
  const difference = ({ before: was = 0, after: is = 0 }: TermChange): number => Math.abs(is - was);
  return [...new Set([...now.keys(), ...old.keys()])]
    .map((name) => ({ name, before: old.get(name), after: now.get(name) }))
    .filter((term) => difference(term) > 0)
    .sort((a, b) => difference(b) - difference(a));
}

function byName(terms: Promised["terms"]): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const { name, value } of terms) values.set(name, (values.get(name) ?? 0) + value);
  return values;
}
