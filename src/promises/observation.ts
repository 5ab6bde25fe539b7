import type { RecoveryReport } from "../contracts/recovery.js";
import type { Bytes, Milliseconds, Plan } from "../plan/plan.js";
import { formatSize } from "./format.js";

/** What a running platform shows about one database: the predictions about it use the real size and the measured rate. */
export interface Observation {
  /** Name of the store. */
  readonly store: string;
  /** Bytes of its data now. */
  readonly size: Bytes;
  /** The newest verified restore of a backup. */
  readonly restore: MeasuredRestore | undefined;
}

export interface MeasuredRestore {
  readonly backup: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Bytes that were restored. */
  readonly bytes: Bytes;
  /** Fetching and unpacking. */
  readonly value: Milliseconds;
}

/** The observation in the report of a running platform; empty without a database. */
export function observationsOf({ database, measured }: Pick<RecoveryReport, "database" | "measured">): Observation[] {
  if (!database) return [];
  const restore = measured && {
    backup: measured.backup,
    at: measured.at,
    bytes: measured.size,
    value: measured.restoreMs,
  };
  return [{ store: database.name, size: database.size, restore }];
}

/** A store that has outgrown its declared size. */
export interface Outgrown {
  readonly store: string;
  readonly declared: Bytes;
  readonly actual: Bytes;
}

/** The stores that are larger than declared. */
export function outgrownStores({ stores }: Pick<Plan, "stores">, observations: readonly Observation[]): Outgrown[] {
  return stores.flatMap(({ name, size: declared }) => {
    const actual = observations.find(({ store }) => store === name)?.size;
    return actual !== undefined && actual > declared ? [{ store: name, declared, actual }] : [];
  });
}

/** The plan with the real size of each store that has outgrown its declared one. */
export function withRealSizes<P extends Pick<Plan, "stores">>(plan: P, outgrown: readonly Outgrown[]): P {
  if (outgrown.length === 0) return plan;
  const actual = new Map(outgrown.map((each) => [each.store, each.actual]));
  return { ...plan, stores: plan.stores.map((store) => ({ ...store, size: actual.get(store.name) ?? store.size })) };
}

/** `database has 4.5Gi, more than its declared 512Mi: the predictions use the real size` */
export function outgrownText({ store, declared, actual }: Outgrown): string {
  return `${store} has ${formatSize(actual)}, more than its declared ${formatSize(declared)}: the predictions use the real size`;
}
