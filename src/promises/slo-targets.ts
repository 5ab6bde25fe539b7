import type { Model, Plan, Store, Unit } from "../plan/plan.js";
import { isOwnObjective, type SloObjective } from "./objectives.js";
import { type EntranceSubject, entranceSubjects } from "./subjects.js";

/** Something that serves requests, to which an availability or latency objective can apply. */
export type SloTarget = Unit | Store | Model | EntranceSubject;

/**
 * The elements at which availability or latency objectives are evaluated: each element that declares its own, and for
 * the platform's objective the entry points of the platform.
 */
export function sloTargets(plan: Plan, of: SloObjective): readonly SloTarget[] {
  const candidates = [...entranceSubjects(plan), ...plan.units, ...remoteModels(plan), ...plan.stores];
  const promising = candidates.filter(({ objectives }) => objectives[of] !== undefined);
  if (promising.length === 0) return [];
  const entries = entryPoints(plan);
  return promising.filter(({ name, objectives }) => entries.has(name) || isOwnObjective(plan, objectives, of));
}

/** Models without a unit: a server outside the platform serves them. */
function remoteModels(plan: Plan): readonly Model[] {
  return plan.models.filter(({ unit }) => unit === undefined);
}

/** The units behind entrances; in a platform without entrances, the roots of the call graph. */
function entryPoints(plan: Plan): ReadonlySet<string> {
  const exposed = new Set(plan.entrances.flatMap(({ routes }) => routes.map(({ unit }) => unit)));
  return exposed.size > 0 ? exposed : roots(plan);
}

/**
 * Elements that no other element calls. Of units that only call each other in a cycle the first is the root. A bucket
 * that only receives backups is not a root.
 */
function roots(plan: Plan): ReadonlySet<string> {
  const backupBuckets = new Set(plan.stores.flatMap((store) => ("backups" in store ? store.backups.to : [])));
  const names = [...plan.units, ...plan.stores].map(({ name }) => name).filter((name) => !backupBuckets.has(name));
  const callees = calleesOf(plan);
  const called = new Set([...callees.values()].flat());
  const found = new Set(names.filter((name) => !called.has(name)));
  const visited = new Set<string>();
  for (const name of [...found, ...names]) {
    if (visited.has(name)) continue;
    found.add(name);
    for (const each of reachableFrom(callees, name, visited)) visited.add(each);
  }
  return found.size > 0 ? found : new Set(remoteModels(plan).map(({ name }) => name));
}

/** The names that each unit calls. Stores call nothing: no request waits for the backups that they send. */
export function calleesOf(plan: Plan): ReadonlyMap<string, readonly string[]> {
  const units = new Set(plan.units.map(({ name }) => name));
  const callees = new Map<string, string[]>();
  for (const { from, to, kind } of plan.edges) {
    if (kind === "outside" || !units.has(from)) continue;
    const known = callees.get(from);
    if (known) known.push(to);
    else callees.set(from, [to]);
  }
  return callees;
}

/** A name and everything that it calls, directly or through others, without those in `excluded`. */
export function reachableFrom(
  callees: ReadonlyMap<string, readonly string[]>,
  name: string,
  excluded: ReadonlySet<string> = new Set(),
): ReadonlySet<string> {
  const found = new Set([name]);
  for (const each of found) for (const to of callees.get(each) ?? []) if (!excluded.has(to)) found.add(to);
  return found;
}
