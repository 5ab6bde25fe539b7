import type { Bytes, Milliseconds } from "../plan/plan.js";
import type { Prediction, Term } from "./prediction.js";
import { sum } from "./prediction.js";

/** What a drill measured of one fault on one subject. */
export interface Measurement {
  readonly fault: string;
  readonly subject: string;
  /** Undefined when the drill could not measure it (it never recovered, or there was nothing to lose). */
  readonly rto: Milliseconds | undefined;
  readonly rpo: Milliseconds | undefined;
  /** When the drill ended, in epoch milliseconds. */
  readonly at: number;
  /** The drill's id. */
  readonly drill: string;
  /** Times of single pieces of work, named as the prediction's terms, with the amount of data that each handled. */
  readonly terms?: readonly MeasuredTerm[];
}

export interface MeasuredTerm {
  readonly name: string;
  readonly value: Milliseconds;
  readonly bytes?: Bytes | undefined;
}

/** As much of a kept drill as the sheet reads. */
export interface DrillRecord {
  readonly id: string;
  readonly fault: string;
  readonly state: "running" | "finished" | "failed";
  /** Epoch milliseconds. */
  readonly finishedAt?: number | undefined;
  readonly measurements: readonly {
    readonly subject: string;
    readonly rto?: Milliseconds | undefined;
    readonly rpo?: Milliseconds | undefined;
  }[];
  readonly terms: readonly MeasuredTerm[];
}

/** What drills measured. One that was broken off proves nothing. */
export function measurementsOf(drills: readonly DrillRecord[]): Measurement[] {
  return drills.flatMap(({ id, fault, state, finishedAt, measurements, terms }) =>
    state !== "finished" || finishedAt === undefined
      ? []
      : measurements.map(({ subject, rto, rpo }) => ({ fault, subject, rto, rpo, at: finishedAt, drill: id, terms })),
  );
}

/**
 * Below this share of the declared size a measurement is mostly fixed cost and says nothing about the rate, so the
 * estimate stays.
 */
const telling = 0.1;

/**
 * The prediction with its work terms replaced by what the newest drill measured. A term that handles data is scaled
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
  if (measured.bytes === undefined || measured.bytes < bytes * telling) return term;
  const factor = Math.max(1, bytes / measured.bytes);
  return {
    ...rest,
    value: measured.value * factor,
    origin,
    how: factor > 1 ? `measured × ${factor.toFixed(1)} (size)` : "measured",
  };
}

/** The newest measurement of each fault and subject. */
export function newestBySubject(measurements: readonly Measurement[]): ReadonlyMap<string, Measurement> {
  const newest = new Map<string, Measurement>();
  for (const measurement of measurements) {
    const key = rowKey(measurement.fault, measurement.subject);
    const seen = newest.get(key);
    if (!seen || seen.at < measurement.at) newest.set(key, measurement);
  }
  return newest;
}

export function rowKey(fault: string, subject: string): string {
  return `${fault}/${subject}`;
}
