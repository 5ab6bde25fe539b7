import type { DrillResult, MeasuredTerm, Outcome } from "../contracts/drills.js";
import type { Prediction, Term } from "./prediction.js";
import { sum } from "./prediction.js";

/** What a drill measured for one fault and one subject. */
export interface Measurement {
  readonly fault: string;
  readonly subject: string;
  readonly rto: Outcome;
  readonly rpo: Outcome;
  /** When the drill ended, in epoch milliseconds. */
  readonly at: number;
  /** The drill's id. */
  readonly drill: string;
  /** Times of single steps, named as the prediction's terms, with the amount of data that each processed. */
  readonly terms?: readonly MeasuredTerm[];
}

/** The measurements of finished drills. A cancelled or failed drill proves nothing. */
export function measurementsOf(
  drills: readonly Pick<DrillResult, "id" | "fault" | "state" | "finishedAt" | "measurements" | "terms">[],
): Measurement[] {
  return drills.flatMap(({ id, fault, state, finishedAt, measurements, terms }) =>
    state !== "finished" || finishedAt === undefined
      ? []
      : measurements.map(({ subject, rto, rpo }) => ({ fault, subject, rto, rpo, at: finishedAt, drill: id, terms })),
  );
}

/**
 * Below this share of the declared size a measurement is mostly fixed cost and does not represent the throughput, so the
 * estimate stays.
 */
const MIN_SAMPLE_FRACTION = 0.1;

/**
 * The prediction with its work terms replaced by what the newest drill measured. A term that processes data is scaled
 * from the drill's amount to the declared one; a measurement without an amount, or of too little data, is not used.
 */
export function withMeasurement(prediction: Prediction, measurement: Measurement | undefined): Prediction {
  if (prediction.kind !== "bounded" || !measurement?.terms) return prediction;
  const terms = prediction.terms.map((term) => replaced(term, measurement));
  return { kind: "bounded", total: sum(terms), terms };
}

function replaced(term: Term, measurement: Measurement): Term {
  const measured = measurement.terms?.find(({ name }) => name === term.name);
  if (!measured || !term.work || !Number.isFinite(measured.value) || measured.value < 0) return term;
  const { how: _estimate, ...rest } = term;
  const origin = { kind: "measurement", drill: measurement.drill, at: measurement.at } as const;
  const bytes = term.work.bytes;
  if (bytes === undefined) return { ...rest, value: measured.value, origin };
  if (measured.bytes === undefined || measured.bytes < bytes * MIN_SAMPLE_FRACTION) return term;
  const factor = Math.max(1, bytes / measured.bytes);
  return {
    ...rest,
    value: measured.value * factor,
    origin,
    how: factor > 1 ? `measured × ${factor.toFixed(1)} (size)` : "measured",
  };
}

/** Per objective, the newest measurement of a row. */
export type NewestMeasurements = Readonly<Record<"rto" | "rpo", Measurement>>;

/**
 * The newest measurement of each fault and subject, per objective. A drill that had nothing to measure does not replace
 * an older one that measured something.
 */
export function newestBySubject(measurements: readonly Measurement[]): ReadonlyMap<string, NewestMeasurements> {
  const newest = new Map<string, NewestMeasurements>();
  for (const measurement of measurements) {
    const key = rowKey(measurement.fault, measurement.subject);
    const seen = newest.get(key);
    newest.set(key, {
      rto: seen && !replaces(measurement, seen.rto, "rto") ? seen.rto : measurement,
      rpo: seen && !replaces(measurement, seen.rpo, "rpo") ? seen.rpo : measurement,
    });
  }
  return newest;
}

function replaces(next: Measurement, seen: Measurement, objective: "rto" | "rpo"): boolean {
  const applies = (measurement: Measurement) => measurement[objective].kind !== "not-applicable";
  return applies(next) === applies(seen) ? next.at > seen.at : applies(next);
}

export function rowKey(fault: string, subject: string): string {
  return `${fault}/${subject}`;
}
