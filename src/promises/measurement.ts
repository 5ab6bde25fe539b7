import type { DrillResult, MeasuredTerm, Outcome } from "../contracts/drills.js";
import type { Bytes, Milliseconds } from "../plan/plan.js";
import { formatSize } from "./format.js";
import type { MeasuredRestore } from "./observation.js";
import type { TermOrigin } from "./origin.js";
import type { MeasuredWork, Prediction, Term } from "./prediction.js";
import { sum } from "./prediction.js";
import { RESTORE_OF_BACKUP } from "./terms/store.js";

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
  /** What the platform promised and predicted when the drill ran. */
  readonly promised?: Limits;
  readonly predicted?: Limits;
}

interface Limits {
  readonly rto?: Milliseconds | undefined;
  readonly rpo?: Milliseconds | undefined;
}

type FinishedDrill = Pick<
  DrillResult,
  "id" | "fault" | "state" | "finishedAt" | "measurements" | "terms" | "platform" | "environment"
>;

/** The platform whose drills count, and the present time. */
export interface MeasuredPlatform {
  readonly platform: string;
  readonly environment: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A clock that was set back between a drill and now: a result may be this far in the future. */
const CLOCK_TOLERANCE_MS: Milliseconds = 5 * 60_000;

/**
 * Why a result proves nothing about a platform; undefined if it does. A result in a data directory can be a copy: of another
 * platform, or with a date that would make it the newest for ever.
 */
export function foreignDrill(
  { platform, environment, finishedAt }: Pick<FinishedDrill, "platform" | "environment" | "finishedAt">,
  of: MeasuredPlatform,
): string | undefined {
  if (platform !== of.platform || environment !== of.environment)
    return `it is of ${platform} (${environment}), not of ${of.platform} (${of.environment})`;
  if (finishedAt !== undefined && finishedAt > of.now + CLOCK_TOLERANCE_MS) return "it ended in the future";
  return undefined;
}

/** The measurements of the platform's finished drills. A cancelled or failed drill proves nothing. */
export function measurementsOf(drills: readonly FinishedDrill[], of: MeasuredPlatform): Measurement[] {
  return drills.flatMap(({ id, fault, state, finishedAt, measurements, terms, platform, environment }) =>
    state !== "finished" ||
    finishedAt === undefined ||
    foreignDrill({ platform, environment, finishedAt }, of) !== undefined
      ? []
      : measurements.map((each) => {
          const { subject, rto, rpo, promised, predicted } = each;
          return { fault, subject, rto, rpo, at: finishedAt, drill: id, terms, promised, predicted };
        }),
  );
}

/**
 * Below this share of the predicted size a measurement does not represent the throughput alone: it replaces the estimate only if
 * it makes the prediction worse.
 */
const MIN_SAMPLE_FRACTION = 0.1;

/** The fixed cost of a restore, which does not grow with the data: starting processes, listing, fetching the WAL. */
const FIXED_COST_MS: Milliseconds = 5_000;

/** The terms that restore data: the verification of a backup measures them. */
const RESTORE_TERMS: ReadonlySet<string> = new Set([RESTORE_OF_BACKUP, "failed restore of the corrupt backup"]);

/** For each step of a subject's recovery, by the name of its term, the newest drill that measured it. */
export type MeasuredSteps = ReadonlyMap<string, Measurement>;

/**
 * The measured steps of each subject, whichever fault was drilled: a restore is the same step in every fault that needs one, so no
 * fault is predicted to last less than one that it includes.
 */
export function stepsBySubject(measurements: readonly Measurement[]): ReadonlyMap<string, MeasuredSteps> {
  const bySubject = new Map<string, Map<string, Measurement>>();
  for (const measurement of measurements) {
    const steps = bySubject.get(measurement.subject) ?? new Map<string, Measurement>();
    bySubject.set(measurement.subject, steps);
    for (const { name } of measurement.terms ?? []) {
      const seen = steps.get(name);
      if (!seen || measurement.at > seen.at) steps.set(name, measurement);
    }
  }
  return bySubject;
}

/**
 * The prediction with its work terms replaced by what the newest drill measured. A term that processes data is scaled from the
 * drill's amount to that of the prediction. The verification of a backup is a restore, too: it replaces the restore terms if it
 * took longer than they predict.
 */
export function withMeasurement(
  prediction: Prediction,
  steps: MeasuredSteps | undefined,
  restore: MeasuredRestore | undefined,
): Prediction {
  if (prediction.kind !== "bounded" || (!steps && !restore)) return prediction;
  const terms = prediction.terms.map((term) => {
    const measurement = steps?.get(term.name);
    const byDrill = measurement ? replacedByDrill(term, measurement) : term;
    const byVerification = restore && replacedByVerification(term, restore);
    const counted = byVerification && byVerification.value > byDrill.value ? byVerification : byDrill;
    const measured = measurement && measuredWork(term, measurement);
    return {
      ...counted,
      ...(counted === term ? {} : { estimate: term.value }),
      ...(measured === undefined ? {} : { measured }),
    };
  });
  return { kind: "bounded", total: sum(terms), terms };
}

/** What a drill measured of a term that is work. */
function measuredWork({ name, work }: Term, { terms, drill, at }: Measurement): MeasuredWork | undefined {
  const measured = terms?.find((each) => each.name === name);
  if (!work || !measured || !isDuration(measured.value)) return undefined;
  const { value, bytes } = measured;
  return { value, drill, at, ...(bytes === undefined ? {} : { bytes }) };
}

function replacedByDrill(term: Term, { terms, drill, at }: Measurement): Term {
  const measured = terms?.find(({ name }) => name === term.name);
  if (!measured || !term.work || !isDuration(measured.value)) return term;
  const origin = { kind: "measurement", drill, at } as const;
  const { bytes } = term.work;
  if (bytes === undefined) {
    const { how: _estimate, ...rest } = term;
    return { ...rest, value: measured.value, origin };
  }
  return measured.bytes === undefined ? term : scaled(term, bytes, measured.value, measured.bytes, origin);
}

function replacedByVerification(term: Term, { backup, at, bytes, value }: MeasuredRestore): Term | undefined {
  if (!RESTORE_TERMS.has(term.name) || term.work?.bytes === undefined || !isDuration(value)) return undefined;
  return scaled(term, term.work.bytes, value, bytes, { kind: "verification", backup, at });
}

/**
 * The term with a measurement of `measuredBytes`, scaled to `bytes`. On little data most of the time is fixed cost, which must not
 * be multiplied: both that and the estimated rate are taken to be slower by the same factor, as on a machine that is busy.
 */
function scaled(term: Term, bytes: Bytes, measured: Milliseconds, measuredBytes: Bytes, origin: TermOrigin): Term {
  if (measuredBytes <= 0) return term;
  const { how: _estimate, ...rest } = term;
  const size = `measured on ${formatSize(measuredBytes)}`;
  if (measuredBytes < bytes * MIN_SAMPLE_FRACTION) {
    const expected = FIXED_COST_MS + (term.value * measuredBytes) / bytes;
    const slowdown = measured / expected;
    const value = slowdown * (FIXED_COST_MS + term.value);
    if (slowdown <= 1) return term;
    return { ...rest, value, origin, how: `${size}: ${slowdown.toFixed(1)} times the estimate` };
  }
  const factor = Math.max(1, bytes / measuredBytes);
  return { ...rest, value: measured * factor, origin, how: factor > 1 ? `${size} × ${factor.toFixed(1)}` : size };
}

function isDuration(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
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

/** The newest measurements of each row, oldest first. */
export function historyByRow(measurements: readonly Measurement[]): ReadonlyMap<string, readonly Measurement[]> {
  const byRow = new Map<string, Measurement[]>();
  for (const measurement of [...measurements].sort((a, b) => a.at - b.at)) {
    const key = rowKey(measurement.fault, measurement.subject);
    const known = byRow.get(key);
    if (known === undefined) byRow.set(key, [measurement]);
    else known.push(measurement);
  }
  return new Map([...byRow].map(([key, all]) => [key, all.slice(-MAX_HISTORY)]));
}

/** Enough to see a trend; the page of drills has all. */
const MAX_HISTORY = 12;

function replaces(next: Measurement, seen: Measurement, objective: "rto" | "rpo"): boolean {
  const applies = (measurement: Measurement) => measurement[objective].kind !== "not-applicable";
  return applies(next) === applies(seen) ? next.at > seen.at : applies(next);
}

export function rowKey(fault: string, subject: string): string {
  return `${fault}/${subject}`;
}
