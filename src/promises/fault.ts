import type { Element, Objectives, Plan } from "../plan/plan.js";
import type { Alert } from "./alerts.js";
import type { Prediction } from "./prediction.js";
import type { Runbook } from "./runbooks/runbook.js";

/** What can break: the name under which it is predicted, watched, answered and drilled. */
export interface FaultDefinition<Subject extends Element> {
  readonly id: string;
  /** What happens, in one sentence. */
  readonly title: string;
  /** What it can strike in this plan. */
  subjects(plan: Plan): readonly Subject[];
  /** Worst time from the fault until the subject serves again. */
  rto(subject: Subject, plan: Plan): Prediction;
  /** Worst age of acknowledged data that is lost. */
  rpo(subject: Subject, plan: Plan): Prediction;
  /** What it is held against; the subject's own objectives unless said otherwise. */
  objectives?(subject: Subject, plan: Plan): Objectives;
  /** Fires before the promise is broken where that can be, else when the fault has struck. */
  alert(subject: Subject, plan: Plan): Alert;
  /** The page that answers it. */
  runbook(subject: Subject, plan: Plan): Runbook;
  /** The drill that measures it, by the name that `keelson drill` takes; undefined while there is none. */
  readonly drill: string | undefined;
}

/** One fault on one subject, assessed; sums and verdicts are made from it once for all faults. */
export interface Assessment {
  readonly subject: Element;
  readonly objectives: Objectives;
  readonly rto: Prediction;
  readonly rpo: Prediction;
  readonly alert: Alert;
  readonly runbook: Runbook;
}

export interface Fault {
  readonly id: string;
  readonly title: string;
  readonly drill: string | undefined;
  assess(plan: Plan): readonly Assessment[];
}

/** Closes a definition over its kind of subject, so that the catalogue can hold faults of every kind in one table. */
export function defineFault<Subject extends Element & { readonly objectives: Objectives }>(
  definition: FaultDefinition<Subject>,
): Fault {
  return {
    id: definition.id,
    title: definition.title,
    drill: definition.drill,
    assess: (plan) =>
      definition.subjects(plan).map((subject) => ({
        subject,
        objectives: definition.objectives?.(subject, plan) ?? subject.objectives,
        rto: definition.rto(subject, plan),
        rpo: definition.rpo(subject, plan),
        alert: definition.alert(subject, plan),
        runbook: definition.runbook(subject, plan),
      })),
  };
}
