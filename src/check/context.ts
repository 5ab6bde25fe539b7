import type { Entrance, Milliseconds, Model, Path, Plan, Store, Unit } from "../plan/plan.js";
import { type BucketStore, isBucket } from "../plan/stores/index.js";
import type { FaultName } from "../platform-file/faults.js";
import { modulesOf } from "../promises/facts/supervisor.js";
import type { Assessment } from "../promises/fault.js";
import { assess, largerFaults, smallerFaults } from "../promises/faults/index.js";
import type { Prediction } from "../promises/prediction.js";
import { type PromiseSheet, promiseSheet, type Row } from "../promises/sheet.js";
import { type StoredVolume, storedVolumes } from "../promises/subjects.js";
import type { Concern } from "./concern.js";
import { pagedPlan } from "./paged-plan.js";

export type RecoveryObjective = "rto" | "rpo";

/** A promise of the sheet that the prediction breaks. */
export interface BrokenPromise {
  readonly fault: FaultName;
  readonly row: Row;
  readonly of: RecoveryObjective;
  readonly promised: Milliseconds;
  readonly predicted: Extract<Prediction, { readonly kind: "bounded" | "unbounded" }>;
}

/**
 * What the rules read: a plan, its promise sheet, and indexes over both. Each index is built once, when a rule first
 * needs it, so that a check takes time in proportion to the size of the plan.
 */
export class CheckContext {
  readonly plan: Plan;
  /** The plans of all environments that share the cluster of this one (`cluster.name`), this one included. */
  readonly sameCluster: readonly Plan[];
  /** The date of the check, `YYYY-MM-DD`; undefined: rules about dates report nothing. */
  readonly today: string | undefined;
  readonly sheet: PromiseSheet;
  #units: ReadonlyMap<string, Unit> | undefined;
  #stores: ReadonlyMap<string, Store> | undefined;
  #buckets: readonly BucketStore[] | undefined;
  #elements: ReadonlyMap<Path, Unit | Store | Model | Entrance> | undefined;
  #volumes: ReadonlyMap<Path, StoredVolume> | undefined;
  #rows: ReadonlyMap<Path, readonly Row[]> | undefined;
  #broken: ReadonlyMap<string, readonly BrokenPromise[]> | undefined;
  #calls: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  #modules: ReadonlyMap<string, readonly string[]> | undefined;
  readonly #paged = new Map<FaultName, ReadonlyMap<string, Assessment>>();

  /** What the rules read of every environment of the file, this one included. */
  readonly environments: readonly CheckContext[];

  /** `plans`: all environments of the file. `environments`: where their contexts are, once all of them are made. */
  constructor(plan: Plan, plans: readonly Plan[], today?: string, environments?: readonly CheckContext[]) {
    this.environments = environments ?? [this];
    const { name } = plan.cluster;
    this.plan = plan;
    this.today = today;
    this.sameCluster = name === undefined ? [plan] : plans.filter(({ cluster }) => cluster.name === name);
    this.sheet = promiseSheet(plan, []);
  }

  unit(name: string): Unit | undefined {
    this.#units ??= new Map(this.plan.units.map((unit) => [unit.name, unit]));
    return this.#units.get(name);
  }

  store(name: string): Store | undefined {
    this.#stores ??= new Map(this.plan.stores.map((store) => [store.name, store]));
    return this.#stores.get(name);
  }

  /** The stores that backups can be sent to. */
  get buckets(): readonly BucketStore[] {
    this.#buckets ??= this.plan.stores.filter(isBucket);
    return this.#buckets;
  }

  /** The unit, store, model or entrance at a path. */
  element(path: Path): Unit | Store | Model | Entrance | undefined {
    const { units, stores, models, entrances } = this.plan;
    this.#elements ??= new Map(
      [...units, ...stores, ...models, ...entrances].map((element) => [element.path, element]),
    );
    return this.#elements.get(path);
  }

  /** The persistent volumes, and those of buckets in the cluster, by path. */
  get volumes(): ReadonlyMap<Path, StoredVolume> {
    this.#volumes ??= new Map(storedVolumes(this.plan).map((volume) => [volume.path, volume]));
    return this.#volumes;
  }

  /** The names of the units and stores that an element calls. */
  calls(name: string): ReadonlySet<string> {
    this.#calls ??= grouped(
      this.plan.edges,
      ({ from, to }) => [from, to],
      (names) => new Set(names),
    );
    return this.#calls.get(name) ?? NO_NAMES;
  }

  /** The names of the units that run a module, sorted. */
  unitsWithModule(module: string): readonly string[] {
    this.#modules ??= grouped(
      this.plan.units.flatMap((unit) => modulesOf(unit).map((name) => ({ name, unit: unit.name }))),
      ({ name, unit }) => [name, unit],
      (names) => [...new Set(names)].sort(),
    );
    return this.#modules.get(module) ?? [];
  }

  /** The rows of the sheet about the element at a path. */
  rows(path: Path): readonly Row[] {
    this.#rows ??= grouped(
      this.sheet.rows,
      (row) => [row.path, row],
      (rows) => rows,
    );
    return this.#rows.get(path) ?? [];
  }

  /** The promises that a fault breaks, in the order of the sheet; of one subject if a path is given. */
  brokenPromises(fault: FaultName, of: RecoveryObjective, path?: Path): readonly BrokenPromise[] {
    this.#broken ??= grouped(
      this.sheet.rows
        .flatMap(brokenIn)
        .flatMap((promise) => [
          [brokenKey(promise.fault, promise.of), promise] as const,
          [brokenKey(promise.fault, promise.of, promise.row.path), promise] as const,
        ]),
      (entry) => entry,
      (promises) => promises,
    );
    return this.#broken.get(brokenKey(fault, of, path)) ?? [];
  }

  /**
   * The shortest promise that the element's predictions keep under every fault that the promise covers; undefined if one
   * of them has no bound.
   */
  shortestKeptPromise({ row, of }: BrokenPromise): Milliseconds | undefined {
    const covered = this.rows(row.path).filter((each) => each[of].verdict !== "not-promised");
    const totals = covered.map((each) => {
      const { predicted } = each[of];
      return predicted.kind === "bounded" ? predicted.total : Number.POSITIVE_INFINITY;
    });
    const longest = Math.max(...totals);
    return Number.isFinite(longest) ? longest : undefined;
  }

  /** What would be predicted if critical alerts paged the on-call engineer. */
  predictedIfPaged({ fault, row, of }: BrokenPromise): Prediction | undefined {
    const known = this.#paged.get(fault);
    const assessed = known ?? new Map(assess(fault, pagedPlan(this.plan)).map((each) => [each.subject.name, each]));
    if (!known) this.#paged.set(fault, assessed);
    return assessed.get(row.subject)?.[of];
  }

  /** Whether a smaller fault that this one includes breaks the same promise already: then its rule reports it. */
  isBrokenBySmallerFault({ fault, of, row }: BrokenPromise): boolean {
    return smallerFaults(fault).some((smaller) => this.brokenPromises(smaller, of, row.path).length > 0);
  }

  /**
   * The promise, and the same promise under each larger fault that breaks it too. The finding about the smallest fault
   * covers those, and they are not reported again.
   */
  concerns(promise: BrokenPromise): readonly Concern[] {
    const { fault, of, row } = promise;
    const covered: FaultName[] = [fault];
    for (const each of largerFaults(fault)) {
      const isReached = smallerFaults(each).some((smaller) => covered.includes(smaller));
      if (isReached && this.brokenPromises(each, of, row.path).length > 0) covered.push(each);
    }
    return covered.map((each) => ({ fault: each, subject: row.subject, of }));
  }
}

const NO_NAMES: ReadonlySet<string> = new Set();

/** The promises of a row that cannot be predicted. */
export function unknownPromises(row: Row): readonly Concern[] {
  return (["rto", "rpo"] as const)
    .filter((of) => row[of].verdict === "unknown")
    .map((of) => ({ fault: row.fault, subject: row.subject, of }));
}

function brokenIn(row: Row): readonly BrokenPromise[] {
  return (["rto", "rpo"] as const).flatMap((of) => {
    const { promised, predicted, verdict } = row[of];
    if (verdict !== "broken" || promised === undefined || predicted.kind === "unknown") return [];
    return [{ fault: row.fault, row, of, promised, predicted }];
  });
}

function brokenKey(fault: FaultName, of: RecoveryObjective, path?: Path): string {
  return path === undefined ? `${fault} ${of}` : `${fault} ${of} ${path}`;
}

/** The values of each key, in order, as `collect` makes them. */
function grouped<Item, Value, Group>(
  items: readonly Item[],
  entry: (item: Item) => readonly [key: string, value: Value],
  collect: (values: readonly Value[]) => Group,
): ReadonlyMap<string, Group> {
  const groups = new Map<string, Value[]>();
  for (const item of items) {
    const [key, value] = entry(item);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return new Map([...groups].map(([key, values]) => [key, collect(values)]));
}
