import { originOf } from "../plan/origin.js";
import type { Bytes, Cited, Milliseconds, Origin, Path, Plan } from "../plan/plan.js";
import type { Edit } from "../platform-file/diagnostic.js";
import type { TermOrigin } from "./origin.js";

/** One summand of a worst case. */
export interface Term {
  readonly name: string;
  readonly value: Milliseconds;
  readonly origin: TermOrigin;
  /** How the value came about, when it is more than one number: `3 × 10s`, `40GiB ÷ 120MiB/s`. */
  readonly how?: string;
  /**
   * Set for the time that a piece of work takes, which a drill can measure. Waits (an interval, a probe, a time-out)
   * have none: a drill that was lucky says nothing about their worst case. `bytes` is the amount of data the value
   * stands for, so that a measurement on less data is scaled up before it is believed.
   */
  readonly work?: { readonly bytes?: Bytes };
}

/** What a fault may cost at worst. Unbounded is a known bad answer; unknown is no answer at all, and never good enough. */
export type Prediction =
  | { readonly kind: "bounded"; readonly total: Milliseconds; readonly terms: readonly Term[] }
  | { readonly kind: "unbounded"; readonly why: string; readonly origin: Origin; readonly fix: Remedy | undefined }
  | { readonly kind: "unknown"; readonly why: string; readonly origin: Origin; readonly fix?: Remedy };

/** What would help: in words for a person, and as edits of the platform file where the words are exact enough. */
export interface Remedy {
  readonly advice: string;
  readonly edits?: readonly Edit[];
}

/** The sum of its terms; a term that is not a duration makes the whole unknown rather than wrong. */
export function bounded(plan: Plan, path: Path, terms: readonly Term[]): Prediction {
  const senseless = terms.find((term) => !Number.isFinite(term.value) || term.value < 0);
  if (senseless) {
    return { kind: "unknown", why: `${senseless.name} has no finite duration`, origin: originOf(plan, path) };
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

/** A wait that the platform file states (or whose default it accepts). */
export function declared(plan: Plan, name: string, value: Milliseconds, path: Path, how?: string): Term {
  return { name, value, origin: originOf(plan, path), ...(how === undefined ? {} : { how }) };
}

/** A wait that the component's documentation states. */
export function cited(name: string, fact: Cited, how?: string): Term {
  return {
    name,
    value: fact.value,
    origin: { kind: "citation", source: fact.source },
    ...(how === undefined ? {} : { how }),
  };
}

/** A wait that nobody documents; `why` says what it rests on. */
export function assumed(name: string, value: Milliseconds, why: string, how?: string): Term {
  return { name, value, origin: { kind: "assumption", why }, ...(how === undefined ? {} : { how }) };
}

/** Marks a term as work: a drill's measurement of it counts for more than the estimate. */
export function work(term: Term, bytes?: Bytes): Term {
  return { ...term, work: bytes === undefined ? {} : { bytes } };
}
