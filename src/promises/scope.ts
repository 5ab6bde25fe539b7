import type { Element, Entrance, Objectives, Plan, Store, Unit } from "../plan/plan.js";
import type { FaultName } from "../platform-file/faults.js";
import type { Alert } from "./alerts.js";
import type { SubjectHandler, SubjectHandlers, SubjectKind, SubjectTypes } from "./fault.js";
import { promisesItself } from "./objectives.js";
import type { Prediction } from "./prediction.js";
import type { Runbook } from "./runbooks/runbook.js";
import { type StoredVolume, storedVolumes, volumesOf } from "./subjects.js";
import { volumesWithData } from "./terms/bucket.js";

/** What a row about the loss of everything counts: the whole platform, or one element that promises something of its own. */
export interface Scope {
  readonly units: readonly Unit[];
  readonly volumes: readonly StoredVolume[];
  readonly stores: readonly Store[];
  readonly entrances: readonly Entrance[];
}

/** A fault that nothing of the platform survives where it runs. */
interface LossOfEverything {
  readonly fault: FaultName;
  readonly rto: (scope: Scope, plan: Plan) => Prediction;
  readonly rpo: (scope: Scope, plan: Plan) => Prediction;
  readonly alert: (plan: Plan) => Alert;
  readonly runbook: (plan: Plan) => Runbook;
  /** Whether it affects a store; all if omitted. */
  readonly affectsStore?: (store: Store, plan: Plan) => boolean;
}

/** One row for the platform, and one for each element that promises an RTO or RPO of its own for the fault. */
export function wholeAndOwnPromises(loss: LossOfEverything): SubjectHandlers {
  const { fault, affectsStore } = loss;
  const handler = <Kind extends SubjectKind>(
    scopeOf: (subject: SubjectTypes[Kind], plan: Plan) => Scope,
    affects?: (subject: SubjectTypes[Kind], plan: Plan) => boolean,
  ): SubjectHandler<SubjectTypes[Kind]> => ({
    ...(affects && { affects }),
    rto: (subject, plan) => loss.rto(scopeOf(subject, plan), plan),
    rpo: (subject, plan) => loss.rpo(scopeOf(subject, plan), plan),
    alert: (_subject, plan) => loss.alert(plan),
    runbook: (_subject, plan) => loss.runbook(plan),
  });
  const isPromised = ({ objectives }: Promising, plan: Plan): boolean => promisesItself(plan, objectives, fault);
  const store = {
    scopeOf: (each: Store, plan: Plan): Scope => ({
      ...nothing,
      stores: [each],
      volumes: storedVolumes(plan).filter(({ owner }) => owner.path === each.path),
    }),
    affects: (each: Store, plan: Plan) => isPromised(each, plan) && (affectsStore?.(each, plan) ?? true),
  };
  return {
    platform: handler<"platform">((_platform, plan) => ({
      units: plan.units,
      volumes: volumesWithData(plan),
      stores: plan.stores,
      entrances: plan.entrances,
    })),
    entrance: handler<"entrance">(
      ({ entrance }, { units }) => ({ ...nothing, units: units.filter(isBehind(entrance)), entrances: [entrance] }),
      isPromised,
    ),
    unit: handler<"unit">(
      (unit, { entrances }) => ({
        ...nothing,
        units: [unit],
        volumes: volumesOf(unit),
        entrances: entrances.filter((entrance) => isBehind(entrance)(unit)),
      }),
      isPromised,
    ),
    volume: handler<"volume">((volume) => ({ ...nothing, volumes: [volume] }), isPromised),
    database: handler<"database">(store.scopeOf, store.affects),
    cache: handler<"cache">(store.scopeOf, store.affects),
    broker: handler<"broker">(store.scopeOf, store.affects),
    bucket: handler<"bucket">(store.scopeOf, store.affects),
    // A model that others serve has no place in the cluster; one of the platform's own is a unit.
    model: undefined,
  };
}

type Promising = Pick<Element, "name"> & { readonly objectives: Objectives };

const nothing: Scope = { units: [], volumes: [], stores: [], entrances: [] };

function isBehind({ routes }: Entrance): (unit: Unit) => boolean {
  return ({ name }) => routes.some(({ unit }) => unit === name);
}
