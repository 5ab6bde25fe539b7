import type { Outcome } from "../src/contracts/drills.js";
import type { Plan } from "../src/plan/plan.js";
import { bounded, type Prediction } from "../src/promises/prediction.js";
import type { PromiseSheet } from "../src/promises/sheet.js";
import type { Requirement } from "../test/support/requirements.js";

/** What is predicted and measured: durations are in milliseconds; a count has no unit. */
export type Unit = "duration" | "count";

/** One figure of the sheet that a case measures. */
export interface Figure {
  /** What it is, in the table: `RTO`, `RPO`, `pods evicted`. */
  readonly what: string;
  readonly unit?: Unit;
  /** From the sheet of the case's platform. It is never a copy of a number. */
  readonly predicted: (sheet: PromiseSheet, plan: Plan) => Prediction;
  /** Why the prediction is more than five times the worst measurement. */
  readonly whyLarge?: string;
}

/** A small real system, one fault, and the figures of the sheet that it measures. */
export interface Case<Name extends string = string> {
  readonly name: string;
  /** What is built, and what fails. */
  readonly title: string;
  /** The platform file that the prediction and the settings of the real system come from. */
  readonly platform: string;
  readonly environment?: string;
  readonly needs: readonly Requirement[];
  /** Repetitions of a full calibration. */
  readonly runs: number;
  /** Part of the short form in `npm test`: it takes at most half a minute. */
  readonly short?: boolean;
  readonly figures: Readonly<Record<Name, Figure>>;
  readonly start: (plan: Plan) => Promise<Rig<Name>>;
}

/** A real system that is running. */
export interface Rig<Name extends string = string> {
  /** Versions of the programs that were measured. */
  readonly versions: Readonly<Record<string, string>>;
  /** Injects the fault once, waits for the recovery, and leaves the system as it was before. */
  measure(): Promise<Readonly<Record<Name, Outcome>>>;
  stop(): Promise<void>;
}

/** A rig that builds a control plane with simulated nodes for each measurement, and leaves nothing to stop. */
export function simulatedCluster<Name extends string>(
  measure: (plan: Plan) => Promise<Readonly<Record<Name, Outcome>>>,
): Case<Name>["start"] {
  return async (plan) => ({
    versions: { Kubernetes: "1.37.2", kwok: "0.7.0" },
    measure: () => measure(plan),
    stop: async () => undefined,
  });
}

/** A case with its figures' names checked against what its rig measures. */
export function defineCase<const Name extends string>(definition: Case<Name>): Case {
  return definition;
}

/**
 * The prediction of a row. `terms` are the names of those that this machine can measure, if not all: simulated nodes pull no
 * images. A name that the row lacks is an error, so that a renamed term does not leave a case silently.
 */
export function ofRow(
  fault: string,
  subject: string,
  objective: "rto" | "rpo",
  terms?: readonly string[],
): Figure["predicted"] {
  return (sheet, plan) => {
    const row = sheet.rows.find((each) => each.fault === fault && each.subject === subject);
    if (!row) throw new Error(`the sheet has no row ${fault}/${subject}`);
    const { predicted } = row[objective];
    if (terms === undefined || predicted.kind !== "bounded") return predicted;
    const missing = terms.filter((name) => !predicted.terms.some((term) => term.name === name));
    if (missing.length > 0) throw new Error(`${fault}/${subject} has no term ${missing.join(", ")}`);
    return bounded(
      plan,
      row.path,
      predicted.terms.filter(({ name }) => terms.includes(name)),
    );
  };
}

export const measured = (ms: number): Outcome => ({ kind: "measured", ms: Math.round(ms) });
