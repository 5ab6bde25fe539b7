import type { Outcome } from "../contracts/drills.js";
import { exceeds } from "../contracts/exceeds.js";
import type { Verdict } from "../contracts/verdict.js";
import { originOf } from "../plan/origin.js";
import type { Milliseconds, Origin, Path, Plan } from "../plan/plan.js";
import type { FaultName } from "../platform-file/faults.js";
import type { Alert } from "./alerts.js";
import { type PredictedAvailability, predictAvailability } from "./availability.js";
import type { Assessment, Fault, SubjectKind } from "./fault.js";
import { faults as catalogue } from "./faults/index.js";
import { type ComparedLoad, comparedLoads, withMeasuredLoads } from "./latency/measured-load.js";
import type { MeasuredModel } from "./latency/measured-model.js";
import { modelsWithLatency, type PredictedLatency, predictLatency } from "./latency/predicted-latency.js";
import {
  historyByRow,
  type MeasuredSteps,
  type Measurement,
  type NewestMeasurements,
  newestBySubject,
  rowKey,
  stepsBySubject,
  withMeasurement,
} from "./measurement.js";
import { promisedRecovery, recoveryObjectivePath } from "./objectives.js";
import { type MeasuredRestore, type Observation, type Outgrown, outgrownStores, withRealSizes } from "./observation.js";
import type { Prediction } from "./prediction.js";
import type { Runbook } from "./runbooks/runbook.js";
import { verdictOf, worstOf } from "./verdict.js";

/** What the platform promises in one environment, by fault: promised, predicted, measured, and the verdict. */
export interface PromiseSheet {
  readonly platform: string;
  readonly environment: string;
  readonly rows: readonly Row[];
  /** One for each entry point of the platform, and for each element that declares its own availability objective. */
  readonly availability: readonly PredictedAvailability[];
  /** The latency and first-token objectives, predicted from the declared load, or the measured one where that takes longer. */
  readonly latency: readonly PredictedLatency[];
  /** The measured load of each model that a latency objective is about. */
  readonly loads: readonly ComparedLoad[];
  /** Stores that are larger than declared: the predictions use their real size. */
  readonly outgrown: readonly Outgrown[];
}

export interface Row {
  readonly fault: FaultName;
  readonly title: string;
  readonly subject: string;
  readonly subjectKind: SubjectKind;
  /** The subject's path in the platform file. */
  readonly path: Path;
  readonly rto: Cell;
  readonly rpo: Cell;
  readonly alert: Alert;
  readonly runbook: Runbook;
  /** What the newest drills measured, oldest first, with what was promised and predicted then; absent without drills. */
  readonly history?: readonly Measured[];
  /** The argument of `keelson drill` that measures it; absent for a fault without a drill. */
  readonly drill?: string;
  /** Why `keelson drill` cannot measure it. */
  readonly undrilled?: string;
  readonly verdict: Verdict;
}

/** One drill's measurement of a row. */
export type Measured = Pick<Measurement, "drill" | "at" | "rto" | "rpo" | "promised" | "predicted">;

export interface Cell {
  readonly promised?: Milliseconds;
  readonly promisedAt?: Origin;
  readonly predicted: Prediction;
  /** What the newest drill measured; absent if none ran. */
  readonly measured?: Outcome;
  /** When, in epoch milliseconds. */
  readonly measuredAt?: number;
  /** Set if a drill measured more than was predicted: the prediction was too low. */
  readonly underestimated?: true;
  readonly verdict: Verdict;
}

/** What a running platform shows. */
export interface Observed {
  /** About its databases: the predictions use the greater of the declared and the real size. */
  readonly observations?: readonly Observation[];
  /** About the requests of its models. */
  readonly models?: readonly MeasuredModel[];
}

/** The sheet of a plan, in the order of the catalogue and, within a fault, of the plan. */
export function promiseSheet(
  declared: Plan,
  measurements: readonly Measurement[],
  { observations = [], models = [] }: Observed = {},
  faults: readonly Fault[] = catalogue,
): PromiseSheet {
  const outgrown = outgrownStores(declared, observations);
  const plan = withMeasuredLoads(withRealSizes(declared, outgrown), models);
  const restores = new Map(observations.map(({ store, restore }) => [store, restore]));
  const newest = newestBySubject(measurements);
  const history = historyByRow(measurements);
  const steps = stepsBySubject(measurements);
  return {
    platform: plan.platform,
    environment: plan.environment,
    rows: faults.flatMap((fault) =>
      fault.assess(plan).map((assessment) => {
        const { name } = assessment.subject;
        const work = { steps: steps.get(name), restore: restores.get(name) };
        const key = rowKey(fault.id, name);
        return row(plan, fault, assessment, newest.get(key), history.get(key) ?? [], work);
      }),
    ),
    availability: predictAvailability(plan),
    latency: predictLatency(plan, models),
    loads: comparedLoads(plan, modelsWithLatency(plan)),
    outgrown,
  };
}

/** What drills and the verification of a backup measured of a subject's recovery. */
interface MeasuredWork {
  readonly steps: MeasuredSteps | undefined;
  readonly restore: MeasuredRestore | undefined;
}

function row(
  plan: Plan,
  fault: Fault,
  assessment: Assessment,
  newest: NewestMeasurements | undefined,
  history: readonly Measurement[],
  work: MeasuredWork,
): Row {
  const rto = cell(plan, fault, "rto", assessment, newest?.rto, work);
  const rpo = cell(plan, fault, "rpo", assessment, newest?.rpo, work);
  return {
    fault: fault.id,
    title: fault.title,
    subject: assessment.subject.name,
    subjectKind: assessment.kind,
    path: assessment.subject.path,
    rto,
    rpo,
    alert: assessment.alert,
    runbook: assessment.runbook,
    ...(history.length === 0 ? {} : { history: history.map(measuredOf) }),
    ...(fault.drill.kind === "keelson" ? { drill: fault.drill.name } : { undrilled: fault.drill.why }),
    verdict: worstOf([rto.verdict, rpo.verdict]),
  };
}

function measuredOf({ drill, at, rto, rpo, promised, predicted }: Measurement): Measured {
  return { drill, at, rto, rpo, ...(promised && { promised }), ...(predicted && { predicted }) };
}

function cell(
  plan: Plan,
  fault: Fault,
  of: "rto" | "rpo",
  assessment: Assessment,
  measurement: Measurement | undefined,
  { steps, restore }: MeasuredWork,
): Cell {
  const { objectives } = assessment.subject;
  const promised = promisedRecovery(objectives, fault.id, of);
  const estimate = assessment[of];
  const predicted = withMeasurement(estimate, steps, restore);
  const measured = measurement?.[of];
  return {
    ...(promised === undefined
      ? {}
      : { promised, promisedAt: originOf(plan, recoveryObjectivePath(plan, objectives, fault.id, of)) }),
    predicted,
    ...(measurement === undefined ? {} : { measured: measurement[of], measuredAt: measurement.at }),
    ...(measured !== undefined && estimate.kind === "bounded" && exceeds(measured, estimate.total)
      ? { underestimated: true as const }
      : {}),
    verdict: verdictOf(promised, predicted, measured),
  };
}
