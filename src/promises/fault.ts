import type { Element, Model, Objectives, Plan, Store, Unit } from "../plan/plan.js";
import { STORES, type StoreOfRole, type StoreRole, storeTraits } from "../plan/stores/index.js";
import type { FaultName } from "../platform-file/faults.js";
import type { Alert } from "./alerts.js";
import { type Prediction, unbounded } from "./prediction.js";
import type { Runbook } from "./runbooks/runbook.js";
import {
  type EntranceSubject,
  entranceSubjects,
  type VolumeSubject,
  volumeSubjects,
  type WholePlatform,
} from "./subjects.js";

/** What a fault can affect, by kind. A store is the kind of subject that its role is. */
export type SubjectTypes = {
  readonly [Role in StoreRole]: StoreOfRole<Role>;
} & {
  readonly platform: WholePlatform;
  readonly unit: Unit;
  readonly model: Model;
  readonly entrance: EntranceSubject;
  readonly volume: VolumeSubject;
};

export type SubjectKind = keyof SubjectTypes;

/** What a fault does to one kind of subject. */
export interface SubjectHandler<Subject> {
  /** Whether this subject has a row in the sheet. All of the kind have one if omitted. */
  readonly affects?: (subject: Subject, plan: Plan) => boolean;
  /** Worst-case time from the fault until the subject is available again. */
  readonly rto: (subject: Subject, plan: Plan) => Prediction;
  /** Worst-case age of the acknowledged data that is lost. */
  readonly rpo: (subject: Subject, plan: Plan) => Prediction;
  /** Fires before the promise is broken where a metric allows that, otherwise when the fault has occurred. */
  readonly alert: (subject: Subject, plan: Plan) => Alert;
  readonly runbook: (subject: Subject, plan: Plan) => Runbook;
}

/**
 * One handler for each kind of subject; `undefined` states that the fault has no row for the kind. Every key is
 * required, so a new role of stores does not compile until each fault states what it does to it.
 */
export type SubjectHandlers = {
  readonly [Kind in SubjectKind]: SubjectHandler<SubjectTypes[Kind]> | undefined;
};

export interface FaultDefinition<Id extends FaultName> {
  readonly id: Id;
  /** What happens, in one sentence. */
  readonly title: string;
  /**
   * The next smaller faults, whose damage this one includes. A promise that one of them breaks is broken by this one for
   * the same reason, and `keelson check` reports it once.
   */
  readonly includes: readonly FaultName[];
  /** The handlers, or a choice of them by the plan's failure domains; `undefined`: the fault does not apply to the plan. */
  readonly on: SubjectHandlers | ((plan: Plan) => SubjectHandlers | undefined);
  readonly drill: Drill;
}

/** What measures a fault: `keelson drill`, a person, or nothing. */
export type Drill =
  /** `name`: the argument of `keelson drill`. */
  | { readonly kind: "keelson"; readonly name: string }
  /** A person can inject it, and a drill schedule should name it. `why`: why `keelson drill` cannot. */
  | { readonly kind: "by hand"; readonly why: string }
  | { readonly kind: "impossible"; readonly why: string };

/** One fault on one subject. Sums and verdicts are computed from it in one place for all faults. */
export interface Assessment {
  readonly kind: SubjectKind;
  readonly subject: Element & { readonly objectives: Objectives };
  readonly rto: Prediction;
  readonly rpo: Prediction;
  readonly alert: Alert;
  readonly runbook: Runbook;
}

export interface Fault<Id extends FaultName = FaultName> {
  readonly id: Id;
  readonly title: string;
  readonly includes: readonly FaultName[];
  readonly drill: Drill;
  /** One assessment for each affected subject: the platform, entrances, units, volumes, models, then stores, each in the plan's order. */
  readonly assess: (plan: Plan) => readonly Assessment[];
}

export function defineFault<const Id extends FaultName>({ on, ...fault }: FaultDefinition<Id>): Fault<Id> {
  return {
    ...fault,
    assess: (plan) => {
      const handlers = typeof on === "function" ? on(plan) : on;
      if (!handlers) return [];
      const assess = <Kind extends SubjectKind>(kind: Kind, subjects: readonly SubjectTypes[Kind][]) =>
        assessAll(handlers, kind, subjects, plan);
      return [
        ...assess("platform", [{ name: plan.platform, path: "zones", objectives: plan.objectives }]),
        ...assess("entrance", entranceSubjects(plan)),
        ...assess("unit", plan.units),
        ...assess("volume", volumeSubjects(plan)),
        ...assess("model", plan.models),
        ...plan.stores.flatMap((store) =>
          assess(STORES[store.kind].role, [store]).map((assessment) => neverServed(assessment, store, plan)),
        ),
      ];
    },
  };
}

/** A store that never serves a client is not available after any fault, whatever its servers do. */
function neverServed(assessment: Assessment, store: Store, plan: Plan): Assessment {
  const { neverServes } = storeTraits(store);
  if (!neverServes) return assessment;
  const { why, advice, key, value } = neverServes;
  const rto = unbounded(plan, store.path, why, { advice, edits: [{ path: `${store.path}.${key}`, value }] });
  return { ...assessment, rto };
}

function assessAll<Kind extends SubjectKind>(
  handlers: SubjectHandlers,
  kind: Kind,
  subjects: readonly SubjectTypes[Kind][],
  plan: Plan,
): readonly Assessment[] {
  const handler: SubjectHandler<SubjectTypes[Kind]> | undefined = handlers[kind];
  if (!handler) return [];
  const { affects } = handler;
  return (affects ? subjects.filter((subject) => affects(subject, plan)) : subjects).map((subject) => ({
    kind,
    subject,
    rto: handler.rto(subject, plan),
    rpo: handler.rpo(subject, plan),
    alert: handler.alert(subject, plan),
    runbook: handler.runbook(subject, plan),
  }));
}
