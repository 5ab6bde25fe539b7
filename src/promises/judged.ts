import type { Model, Objectives, Path, Plan, Store, Unit } from "../plan/plan.js";
import { isOwn } from "./promised.js";

/** What a caller can meet: something that an objective about its answers is held against. */
export type Answering = Unit | Store | Model;

/**
 * The elements at which an objective about answers is judged: each one that has it written of its own, and for the one
 * that the platform makes for all, the doors that the world comes in by. A platform without doors is met at whatever
 * nothing else calls.
 */
export function judgedAt(plan: Plan, of: "availability" | "latency"): readonly Answering[] {
  const answering = [...plan.units, ...servedElsewhere(plan), ...plan.stores];
  const promising = answering.filter(({ objectives }) => objectives[of] !== undefined);
  if (promising.length === 0) return [];
  const met = metByCallers(plan);
  return promising.filter(({ name, objectives }) => met.has(name) || isOwn(plan, objectives, of));
}

/** Where an element's own objective is written, else the platform's from which it is inherited. */
export function objectivePath(plan: Plan, objectives: Objectives, of: "availability" | "latency"): Path {
  return isOwn(plan, objectives, of) ? `${objectives.path}.${of}` : `objectives.${of}`;
}

/** Models without a unit: a server outside answers for them. */
function servedElsewhere(plan: Plan): readonly Model[] {
  return plan.models.filter(({ unit }) => unit === undefined);
}

/** The units behind entrances; where there are none, everything that nothing else calls. */
function metByCallers(plan: Plan): ReadonlySet<string> {
  const doors = new Set(plan.entrances.flatMap(({ routes }) => routes.map(({ unit }) => unit)));
  return doors.size > 0 ? doors : uncalled(plan);
}

/**
 * Of units that call each other in a circle and are called by nobody else, the first stands for all. A bucket that copies
 * are sent to is met by nobody.
 */
function uncalled(plan: Plan): ReadonlySet<string> {
  const copies = new Set(plan.stores.flatMap((store) => ("backups" in store ? store.backups.to : [])));
  const names = [...plan.units, ...plan.stores].map(({ name }) => name).filter((name) => !copies.has(name));
  const callees = calleesOf(plan);
  const called = new Set([...callees.values()].flat());
  const tops = new Set(names.filter((name) => !called.has(name)));
  const seen = new Set<string>();
  for (const name of [...tops, ...names]) {
    if (seen.has(name)) continue;
    tops.add(name);
    for (const each of neededBy(callees, name)) seen.add(each);
  }
  return tops.size > 0 ? tops : new Set(servedElsewhere(plan).map(({ name }) => name));
}

/** Whom each unit calls, by name. Stores call nobody: copies that they send away are not needed for an answer. */
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

/** Everything that something calls, directly or through others, itself first; names in `left` are not gone to. */
export function neededBy(
  callees: ReadonlyMap<string, readonly string[]>,
  name: string,
  left: ReadonlySet<string> = new Set(),
): ReadonlySet<string> {
  const seen = new Set([name]);
  for (const each of seen) for (const to of callees.get(each) ?? []) if (!left.has(to)) seen.add(to);
  return seen;
}
