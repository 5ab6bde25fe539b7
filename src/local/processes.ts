import { createHash } from "node:crypto";
import { join } from "node:path";
import { ENTRY_MODULE, isModule, MODEL_MODULE, MODULES } from "../modules/index.js";
import type { Milliseconds, Plan, Unit } from "../plan/plan.js";
import { unenforcedLimits } from "../promises/facts/limits.js";
import {
  DATABASE_GRACE_MS,
  databaseWatch,
  modulesOf,
  notRunByUp,
  type Watch,
  watchOf,
} from "../promises/facts/supervisor.js";

/** One process of a platform on this machine, before it is started. */
export type ProcessSpec = PostgresSpec | ServeSpec;

interface Supervised {
  readonly name: string;
  /** Names of processes that must be ready before this one starts. */
  readonly needs: readonly string[];
  readonly liveness: Watch;
  /** Maximum time from the start until it is ready. */
  readonly startup: Milliseconds;
  /** Shutdown grace period: from the stop request to the kill. */
  readonly grace: Milliseconds;
}

export interface PostgresSpec extends Supervised {
  readonly kind: "postgres";
}

/** `keelson serve` with some modules. */
export interface ServeSpec extends Supervised {
  readonly kind: "serve";
  readonly modules: readonly string[];
  /** The plan's unit that it runs; undefined if it runs all units. */
  readonly unit: string | undefined;
  readonly model: string | undefined;
  /** Name of the directory with its modules' files; the same with and without `split`, so that either mode finds them. */
  readonly state: string;
  readonly host: string;
  readonly port: number;
  /** Path of its Unix socket, over which the other processes and the supervisor call it. */
  readonly socket: string;
  /** `unix:` and the path of the socket, by module, of those that run in another process. */
  readonly peers: Readonly<Record<string, string>>;
}

export interface ProcessOptions {
  readonly host: string;
  /** Port of the public entry point. */
  readonly port: number;
  /** Directory of the processes' Unix sockets. */
  readonly sockets: string;
  /** One process per unit of the plan, as in production; otherwise one for all. */
  readonly split: boolean;
  /** Free ports of loopback for the other processes of a split platform, taken in order. */
  readonly ports: readonly number[];
}

export interface Processes {
  readonly specs: readonly ProcessSpec[];
  /** Elements of the plan that this machine does not run, each with the reason. */
  readonly omitted: readonly string[];
}

const DATABASE = "postgres";
const SHARED = "platform";

/** A restore and a replay take as long as there is data. The start of the server itself ends if it makes no progress. */
const DATABASE_STARTUP_MS = Number.POSITIVE_INFINITY;

/** The processes of a plan on this machine. Pure: the caller passes the ports and addresses. */
export function processes(plan: Plan, options: ProcessOptions): Processes {
  const units = plan.units.filter((unit) => modulesOf(unit).length > 0);
  const postgres: PostgresSpec = {
    name: DATABASE,
    kind: "postgres",
    needs: [],
    liveness: databaseWatch(plan.stores),
    startup: DATABASE_STARTUP_MS,
    grace: DATABASE_GRACE_MS,
  };
  const serve = options.split ? onePerUnit(units, options) : [oneForAll(plan, units, options)];
  return { specs: [postgres, ...serve], omitted: omitted(plan) };
}

/** The key of a module in `peers`. Each model has an engine process of its own, so the key of an engine includes the model. */
function peerName(module: string, { model }: Unit): string {
  return isModule(module) && MODULES[module].remote === "per-model" && model !== undefined
    ? `${module}/${model}`
    : module;
}

/** Number of ports that a split platform needs besides the public one. */
export function portsNeeded(plan: Plan, split: boolean): number {
  return split ? Math.max(0, plan.units.filter((unit) => modulesOf(unit).length > 0).length - 1) : 0;
}

/** The plan's units that a process runs. */
export function unitsOf(plan: Plan, specs: readonly ProcessSpec[], name: string): string[] {
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec?.kind !== "serve") return [];
  return spec.unit === undefined
    ? plan.units.filter((unit) => modulesOf(unit).length > 0).map((unit) => unit.name)
    : [spec.unit];
}

function oneForAll(plan: Plan, units: readonly Unit[], { host, port, sockets }: ProcessOptions): ServeSpec {
  const modules = [...new Set(units.flatMap(modulesOf))];
  // A model without a unit of its own is served by an external server; the engine module still routes to it.
  if (plan.models.length > 0 && !modules.includes(MODEL_MODULE)) modules.push(MODEL_MODULE);
  return {
    ...common("platform", units),
    modules,
    unit: undefined,
    model: undefined,
    state: SHARED,
    host,
    port,
    socket: socketPath(sockets, "platform"),
    peers: {},
  };
}

function onePerUnit(units: readonly Unit[], { host, port, ports, sockets }: ProcessOptions): ServeSpec[] {
  const entrance = units.find((unit) => unit.modules.includes(ENTRY_MODULE)) ?? units[0];
  const others = units.filter((unit) => unit !== entrance);
  const placed = [
    ...(entrance ? [{ unit: entrance, port }] : []),
    ...others.map((unit, n) => ({ unit, port: ports[n] ?? 0 })),
  ];
  return placed.map(({ unit, port: unitPort }) => {
    const own = modulesOf(unit);
    const remote = placed
      .filter((other) => other.unit !== unit)
      .flatMap((other) =>
        modulesOf(other.unit).map(
          (module) => [peerName(module, other.unit), `unix:${socketPath(sockets, other.unit.name)}`] as const,
        ),
      )
      .filter(([module]) => !own.includes(module));
    return {
      ...common(unit.name, [unit]),
      modules: own,
      unit: unit.name,
      model: unit.model,
      // Two processes with the same module must not write to the same files.
      state: others.concat(entrance ?? []).some((other) => other !== unit && shareModule(other, unit))
        ? unit.name
        : SHARED,
      host: unit === entrance ? host : "127.0.0.1",
      port: unitPort,
      socket: socketPath(sockets, unit.name),
      peers: Object.fromEntries(remote.reverse()),
    };
  });
}

/** Names that are longer are shortened, because the path of a socket is limited. */
const MAX_SOCKET_NAME_LENGTH = 24;
/** Bytes that `socketPath` adds to the directory at most: `/`, the name, `.sock`. */
export const MAX_SOCKET_NAME_BYTES = MAX_SOCKET_NAME_LENGTH + 6;

/** The path of the Unix socket of a process. */
function socketPath(directory: string, name: string): string {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  const short = name.length <= MAX_SOCKET_NAME_LENGTH ? name : `${name.slice(0, MAX_SOCKET_NAME_LENGTH - 9)}-${hash}`;
  return join(directory, `${short}.sock`);
}

function shareModule(a: Unit, b: Unit): boolean {
  return modulesOf(a).some((module) => modulesOf(b).includes(module));
}

function common(name: string, units: readonly Unit[]) {
  return {
    name,
    kind: "serve" as const,
    needs: [DATABASE],
    liveness: watchOf(units.map((unit) => unit.health.live)),
    startup: Math.max(60_000, ...units.map((unit) => unit.health.startup)),
    grace: Math.max(10_000, ...units.map((unit) => unit.terminationGrace)),
  };
}

function omitted(plan: Plan): string[] {
  const sidecars = plan.units.flatMap((unit) => unit.sidecars);
  const elements = [...plan.units, ...sidecars, ...plan.stores].map((each) => [each.name, notRunByUp(each)] as const);
  const limits = plan.models.map((model) => [model.name, unenforcedLimits(model)] as const);
  return [...elements, ...limits].flatMap(([name, why]) => (why === undefined ? [] : [`${name}: ${why}`]));
}
