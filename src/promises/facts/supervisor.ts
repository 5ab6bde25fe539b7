import type { Milliseconds, Plan, Probe, Sidecar, Store, Unit } from "../../plan/plan.js";
import { moduleDatabases, STORES } from "../../plan/stores/index.js";

/**
 * How `keelson up` watches and restarts the processes of one machine. The supervisor acts by these numbers and the
 * promises are predicted from them, so that neither can change without the other.
 */

/** After so long without a crash earlier ones are forgotten. */
export const STABLE: Milliseconds = 30_000;
const FIRST_DELAY: Milliseconds = 250;
const LONGEST_DELAY: Milliseconds = 30_000;

/** The wait before the next start: none after the first crash, then doubled each time up to half a minute. */
export function backoff(crashes: number): Milliseconds {
  return crashes <= 1 ? 0 : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (crashes - 2));
}

/** One fault at a time: the process had run well before it died. */
export const firstBackoff = {
  value: backoff(1),
  why: "keelson up restarts a process at once; only a second crash within 30s makes it wait",
};

/** From the start of a process with every module to its first answer. */
export const processStart = {
  value: 10_000,
  why: "a process with every module answers within 5s of its start on two cores, doubled for a busy machine",
};

/** How often a process is asked whether it is well, and how many silences in a row end it. */
export interface Watch {
  readonly every: Milliseconds;
  readonly failures: number;
}

/** Modules that a unit runs in its replicas, those of its sidecars included. */
export function modulesOf(unit: Unit): readonly string[] {
  return [...unit.modules, ...unit.sidecars.flatMap(({ modules }) => modules)];
}

/**
 * Why `keelson up` does not run something, where it does not: it runs Keelson's modules and PostgreSQL, and keeps buckets
 * as folders. What foreign containers, caches and brokers would do is left undone, or done by the modules in memory.
 */
export function leftOutByUp(element: Unit | Sidecar | Store): string | undefined {
  if ("modules" in element) {
    return element.modules.length > 0 ? undefined : "keelson up runs Keelson's modules, no container image";
  }
  const { local } = STORES[element.kind];
  return typeof local === "object" ? local.omitted : undefined;
}

/** A process that runs several units is asked as often as the most impatient wants, and given up as late as the most patient. */
export function watchOf(lives: readonly Probe[]): Watch {
  return {
    every: Math.max(1_000, Math.min(5_000, ...lives.map(({ every }) => every))),
    failures: Math.max(3, ...lives.map(({ failures }) => failures)),
  };
}

/** One server holds every database of the plan; the probe of the first is the server's. */
export function databaseWatch(stores: Plan["stores"]): Watch {
  const probe = moduleDatabases({ stores })[0]?.probe;
  return { every: Math.max(1_000, probe?.every ?? 5_000), failures: Math.max(2, probe?.failures ?? 3) };
}

/** What a process with every module has, whose units may declare different times. */
const WHOLE_PLATFORM_DRAIN: Milliseconds = 25_000;

/**
 * How long a process of the modules finishes what it has begun, once it is asked to end or has lost its supervisor: what
 * its unit declares. What is left then is cut.
 */
export function drainLimit({ units }: Pick<Plan, "units">, unit: string | undefined): Milliseconds {
  return units.find(({ name }) => name === unit)?.terminationGrace ?? WHOLE_PLATFORM_DRAIN;
}

/** Beyond what an orphan has for its answers: it notices that it is one, and closes its files. */
const ORPHAN_MARGIN: Milliseconds = 10_000;

/** How long a process that has lost its supervisor may still be there, and hold its files: then it does not end by itself. */
export function orphanLimit(plan: Pick<Plan, "units">, unit: string | undefined): Milliseconds {
  return drainLimit(plan, unit) + ORPHAN_MARGIN;
}

/** From being asked to end to being killed, for the database. */
export const DATABASE_GRACE: Milliseconds = 20_000;

/** A server that gives no answer is told to end at once, and killed after this. */
export const HUNG_DATABASE_GRACE: Milliseconds = 6_000;

export const hungDatabaseKilled = {
  value: HUNG_DATABASE_GRACE,
  why: "PostgreSQL ends its processes by force 5s into an immediate shutdown; keelson up kills what is left 1s later",
};

/**
 * A segment of the log is closed, full or not, after this share of the declared interval: closing takes effect at the
 * server's next look at its clock, and then the segment still has to be packed and stored, all within the interval.
 */
export const SEGMENT_CLOSED_AFTER = 0.5;
