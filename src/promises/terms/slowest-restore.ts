import type { Prediction, Term } from "../prediction.js";
import { assumed, restingOn, work } from "../prediction.js";

/** The recovery of one database, volume or bucket. */
export interface Restore {
  readonly name: string;
  readonly restore: Prediction;
}

/** All are restored at the same time: the longest restore counts, without the response that all of them share. */
export function slowestRestore(restores: readonly Restore[], response: number): readonly Term[] {
  const [slowest] = restores
    .flatMap(({ name, restore }) => (restore.kind === "bounded" ? [{ name, total: restore.total }] : []))
    .sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
  if (!slowest) return [];
  const why = "the terms of `database-loss`, `volume-loss` or `bucket-loss` without the alert and the response";
  const restore = assumed(`restore of ${slowest.name}, the slowest`, slowest.total - response, why);
  return [restingOn([slowest.name], work(restore))];
}
