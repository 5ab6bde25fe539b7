import { originOf } from "../plan/origin.js";
import type { Bytes, Cited, Milliseconds, Origin, Path, Plan, Source } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";
import { formatDuration } from "../platform-file/format.js";
import type { TermOrigin } from "./origin.js";

/** One summand of a worst case. */
export interface Term {
  readonly name: string;
  readonly value: Milliseconds;
  readonly origin: TermOrigin;
  /** How the value came about, when it is more than one number: `3 × 10s`, `40GiB ÷ 120MiB/s`. */
  readonly how?: string;
  /**
   * Set for the duration of work, which a drill can measure. Waits (an interval, a probe, a timeout) have none: one
   * drill does not measure their worst case. `bytes` is the amount of data that the value covers, so that a measurement
   * on less data is scaled up.
   */
  readonly work?: { readonly bytes?: Bytes };
  /** What the newest drill measured of this work, as it was: `value` may be scaled to more data, or remain the estimate. */
  readonly measured?: MeasuredWork;
  /** The estimate that a measurement replaced. */
  readonly estimate?: Milliseconds;
  /** Names of other components whose recovery, availability or data the term depends on. */
  readonly restsOn?: readonly string[];
}

/** The time that a drill needed for one step, and the data that the step processed. */
export interface MeasuredWork {
  readonly value: Milliseconds;
  readonly bytes?: Bytes;
  readonly drill: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The worst case of a fault. `unbounded`: no limit is known to exist. `unknown`: a fact is missing; it is never kept. */
export type Prediction =
  | { readonly kind: "bounded"; readonly total: Milliseconds; readonly terms: readonly Term[] }
  | { readonly kind: "unbounded"; readonly why: string; readonly origin: Origin; readonly fix: Remedy | undefined }
  | { readonly kind: "unknown"; readonly why: string; readonly origin: Origin; readonly fix?: Remedy };

/** How to bound a prediction: as text, and as edits of the platform file where the change is unambiguous. */
export interface Remedy {
  readonly advice: string;
  readonly edits?: readonly Edit[];
  /** The worst case with these edits, where they bound a loss without excluding it. */
  readonly worstCase?: Milliseconds;
}

/** The sum of the terms. A term that is not a finite duration makes the prediction unknown. */
export function bounded(plan: Plan, path: Path, terms: readonly Term[]): Prediction {
  const invalid = terms.find((term) => !Number.isFinite(term.value) || term.value < 0);
  if (invalid) {
    return { kind: "unknown", why: `${invalid.name} has no finite duration`, origin: originOf(plan, path) };
  }
  return { kind: "bounded", total: sum(terms), terms };
}

export function sum(terms: readonly Term[]): Milliseconds {
  return terms.reduce((total, term) => total + term.value, 0);
}

export function unbounded(plan: Plan, path: Path, why: string, fix?: Remedy): Prediction {
  return { kind: "unbounded", why, origin: originOf(plan, path), fix };
}

export function unknown(plan: Plan, path: Path, why: string, fix?: Remedy): Prediction {
  return { kind: "unknown", why, origin: originOf(plan, path), ...(fix === undefined ? {} : { fix }) };
}

/** A duration that the platform file declares, or the default of one that it omits. */
export function declared(plan: Plan, name: string, value: Milliseconds, path: Path, how?: string): Term {
  return { name, value, origin: originOf(plan, path), ...(how === undefined ? {} : { how }) };
}

/** A duration from the component's documentation. */
export function cited(name: string, fact: Cited, how?: string): Term {
  return {
    name,
    value: fact.value,
    origin: { kind: "citation", ...sourceOf(fact) },
    ...(how === undefined ? {} : { how }),
  };
}

function sourceOf({ source, read }: Source): Source {
  return { source, ...(read !== undefined && { read }) };
}

/** A duration without documentation; `why` states the assumption. */
export function assumed(name: string, value: Milliseconds, why: string, how?: string): Term {
  return { name, value, origin: { kind: "assumption", why }, ...(how === undefined ? {} : { how }) };
}

/** A term that occurs `count` times, one after the other. */
export function times(count: number, term: Term): Term {
  if (count === 1) return term;
  return { ...term, value: term.value * count, how: `${count} × ${term.how ?? formatDuration(term.value)}` };
}

/** Of waits that run at the same time, the longest; `how` names the others. */
export function longest(terms: readonly [Term, ...Term[]]): Term {
  const [first, ...rest] = terms;
  const term = rest.reduce((longest, each) => (each.value > longest.value ? each : longest), first);
  if (rest.length === 0) return term;
  const others = terms.filter((each) => each !== term).map(({ name, value }) => `${name}: ${formatDuration(value)}`);
  return {
    ...term,
    how: [...(term.how === undefined ? [] : [term.how]), `at the same time: ${others.join(", ")}`].join("; "),
  };
}

/** Two series of waits that run at the same time: the longer one, and the other as one term of no time. */
export function atTheSameTime(one: readonly Term[], other: readonly Term[]): readonly Term[] {
  const [longer, shorter] = sum(one) >= sum(other) ? [one, other] : [other, one];
  if (shorter.length === 0) return longer;
  const how = shorter.map(({ name, value }) => `${name}: ${formatDuration(value)}`).join(", ");
  return [...longer, assumed("at the same time", 0, "both run at the same time, and the longer counts", how)];
}

/** The worse of two predictions for the same fault. One without a bound is worse than any bounded one. */
export function worse(a: Prediction, b: Prediction): Prediction {
  if (a.kind !== "bounded") return a;
  return b.kind !== "bounded" || b.total > a.total ? b : a;
}

/** Marks a term as work: a drill's measurement of it replaces the estimate. */
export function work(term: Term, bytes?: Bytes): Term {
  return { ...term, work: bytes === undefined ? {} : { bytes } };
}

/** A term that depends on other components. */
export function restingOn(names: readonly string[], term: Term): Term {
  return names.length === 0 ? term : { ...term, restsOn: names };
}
