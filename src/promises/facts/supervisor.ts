import type { Milliseconds, Model, Plan, Probe, Sidecar, Store, Unit } from "../../plan/plan.js";
import { moduleDatabases, STORES } from "../../plan/stores/index.js";

/**
 * How `keelson up` watches and restarts the processes of one machine. The supervisor acts on these numbers and the
 * promises are predicted from them, so that neither can change without the other.
 */

/** The back-off is reset after this time without a crash. */
export const BACKOFF_RESET_MS: Milliseconds = 30_000;
const FIRST_BACKOFF_MS: Milliseconds = 250;
const MAX_BACKOFF_MS: Milliseconds = 30_000;

/** The delay before the next start: none after the first crash, then doubled for each crash up to 30 s. */
export function backoff(crashes: number): Milliseconds {
  return crashes <= 1 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (crashes - 2));
}

/** Faults are assessed one at a time: the process had been stable before the crash. */
export const firstBackoff = {
  value: backoff(1),
  why: "keelson up restarts a process immediately; only a second crash within 30s delays the start",
};

/** From the start of a process with every module until it is ready. */
export const processStart = {
  value: 10_000,
  why: "a process with every module is ready within 5s of its start on two cores, doubled for a loaded machine",
};

/** The interval of a liveness probe, and the number of consecutive failures after which the process is killed. */
export interface Watch {
  readonly every: Milliseconds;
  readonly failures: number;
}

/** Modules that a replica of the unit runs, those of its sidecars included. */
export function modulesOf(unit: Unit): readonly string[] {
  return [...unit.modules, ...unit.sidecars.flatMap(({ modules }) => modules)];
}

/**
 * Why `keelson up` does not run an element; undefined if it does. It runs Keelson's modules and PostgreSQL, and stores
 * buckets as folders. It runs no container images, caches or brokers; the modules use memory instead.
 */
export function notRunByUp(element: Unit | Sidecar | Store): string | undefined {
  if ("modules" in element) {
    return element.modules.length > 0 ? undefined : "keelson up runs Keelson's modules and no container images";
  }
  const { local } = STORES[element.kind];
  return typeof local === "object" ? local.omitted : undefined;
}

/** The watch of a process that runs several units: the shortest of their probe intervals, the largest of their failure counts. */
export function watchOf(lives: readonly Probe[]): Watch {
  return {
    every: Math.max(1_000, Math.min(5_000, ...lives.map(({ every }) => every))),
    failures: Math.max(3, ...lives.map(({ failures }) => failures)),
  };
}

/** The watch of an engine's process, by the module that started it: the probe of the model's unit. */
export function engineWatch({ units }: Pick<Plan, "units">, { unit }: Pick<Model, "unit">): Watch {
  return watchOf(units.filter(({ name }) => name === unit).map(({ health }) => health.live));
}

/** The watch of the one process that runs every unit with modules. */
export function sharedWatch({ units }: Pick<Plan, "units">): Watch {
  return watchOf(units.filter((unit) => modulesOf(unit).length > 0).map(({ health }) => health.live));
}

/** One server has every database of the plan; the probe of the first database is used for the server. */
export function databaseWatch(stores: Plan["stores"]): Watch {
  const probe = moduleDatabases({ stores })[0]?.probe;
  return { every: Math.max(1_000, probe?.every ?? 5_000), failures: Math.max(2, probe?.failures ?? 3) };
}

/** The drain timeout of a process with every module, whose units may declare different ones. */
const SHARED_DRAIN_TIMEOUT_MS: Milliseconds = 25_000;

/**
 * The drain timeout of a process: how long it may finish requests in flight after SIGTERM or the loss of its supervisor.
 * Requests that remain are aborted.
 */
export function drainTimeoutMs({ units }: Pick<Plan, "units">, unit: string | undefined): Milliseconds {
  return units.find(({ name }) => name === unit)?.terminationGrace ?? SHARED_DRAIN_TIMEOUT_MS;
}

/** What an orphaned process needs beyond the drain timeout: to detect the loss of its supervisor, and to close its files. */
const ORPHAN_MARGIN_MS: Milliseconds = 10_000;

/** How long a process may run, and lock its files, after its supervisor has exited. After that it is hung. */
export function orphanTimeoutMs(plan: Pick<Plan, "units">, unit: string | undefined): Milliseconds {
  return drainTimeoutMs(plan, unit) + ORPHAN_MARGIN_MS;
}

/** The shutdown grace period of the database server, from SIGTERM to SIGKILL. */
export const DATABASE_GRACE_MS: Milliseconds = 20_000;

/** An unresponsive server is sent an immediate shutdown, and killed after this. */
export const HUNG_DATABASE_GRACE_MS: Milliseconds = 6_000;

export const hungDatabaseKilled = {
  value: HUNG_DATABASE_GRACE_MS,
  why: "PostgreSQL kills its processes 5s into an immediate shutdown; keelson up kills the rest 1s later",
};

/**
 * A WAL segment is closed, full or not, after this fraction of the declared interval. The server checks
 * `archive_timeout` periodically, and the segment still has to be compressed and stored, all within the interval.
 */
export const SEGMENT_CLOSE_FRACTION = 0.5;
