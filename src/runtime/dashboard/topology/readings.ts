import { request } from "undici";
import { bearer } from "../../../contracts/platform-token.js";
import { type ModuleState, type ModuleStatus, servicesDocument } from "../../../contracts/services.js";
import type { ElementState } from "../../../contracts/topology.js";
import { isModule, MODULES, tokensOf } from "../../../modules/index.js";
import type { Unit } from "../../../plan/plan.js";
import { moduleDatabases } from "../../../plan/stores/index.js";
import type { Gateway } from "../../gateway/client.js";
import type { Context } from "../../kernel/module.js";
import { type Reading, type Readings, worstState } from "./compose.js";

const RESPONSE_TIMEOUT_MS = 1_500;
/** Concurrent viewers share one reading. */
const CACHE_TTL_MS = 1_000;

/** Reads the state of the running platform: of this process directly, of others over HTTP, of models through the gateway. */
export class Observer {
  #last: { readonly at: number; readonly readings: Promise<Readings> } | undefined;

  constructor(
    private readonly context: Context,
    private readonly gateway: Gateway,
  ) {}

  read(): Promise<Readings> {
    const at = Date.now();
    if (this.#last && at - this.#last.at < CACHE_TTL_MS) return this.#last.readings;
    const readings = this.#observe(at);
    this.#last = { at, readings };
    return readings;
  }

  async #observe(at: number): Promise<Readings> {
    const { plan } = this.context;
    const processes = new Map<string, Promise<readonly ModuleStatus[] | undefined>>();
    const modulesOf = async (unit: Unit): Promise<readonly ModuleStatus[] | "no process" | undefined> => {
      const [first] = unit.modules;
      if (first === undefined) return "no process";
      if (unit.modules.every((module) => this.context.localModules.includes(module))) return this.context.services();
      const url = this.context.peer(first);
      if (url === undefined) return "no process";
      const token = tokensOf(unit.modules).includes("modules") ? this.context.internalToken : this.context.engineToken;
      const requested = processes.get(url) ?? fetchServices(url, token ?? "");
      processes.set(url, requested);
      return requested;
    };
    const units = new Map<string, Reading>();
    const databases = new Map<string, ModuleStatus>();
    const models = this.gateway.models().catch(() => undefined);
    await Promise.all(
      plan.units.map(async (unit) => {
        const modules = await modulesOf(unit);
        if (modules === "no process") return;
        units.set(unit.name, unitReading(unit, modules));
        const database = modules?.find(({ name }) => isModule(name) && MODULES[name].connectsToDatabase);
        if (database) databases.set(unit.name, database);
      }),
    );
    const stores = new Map(
      moduleDatabases(plan).flatMap(({ name }) => {
        const callers = plan.edges.filter(({ to }) => to === name).map(({ from }) => from);
        const seen = callers.flatMap((caller) => databases.get(caller) ?? []);
        return seen.length === 0 ? [] : [[name, storeReading(seen)] as const];
      }),
    );
    return { at, units, stores, models: await models };
  }
}

/** The state of a unit from the states of its modules; `undefined`: its process is unreachable. */
function unitReading(unit: Unit, modules: readonly ModuleStatus[] | undefined): Reading {
  if (!modules) return { state: "down", ready: unit.replicas.min === 1 ? 0 : null, reason: "unreachable" };
  const own = modules.filter(({ name }) => unit.modules.includes(name));
  const state = worstState(own.map(({ state }) => elementState(state)));
  const reason = own.find((module) => module.reason !== undefined)?.reason;
  const available = state === "ready" || state === "degraded";
  // One address reaches only one of several replicas, so their number cannot be determined.
  return { state, ready: unit.replicas.min === 1 ? (available ? 1 : 0) : null, reason };
}

/** The state of a database from its clients: unreachable for all is down, for some degraded. */
function storeReading(seen: readonly ModuleStatus[]): Reading {
  const reached = seen.filter(({ state }) => state === "ready").length;
  const state: ElementState = reached === seen.length ? "ready" : reached > 0 ? "degraded" : "down";
  return { state, ready: reached > 0 ? 1 : 0, reason: seen.find(({ reason }) => reason !== undefined)?.reason };
}

function elementState(state: ModuleState): ElementState {
  switch (state) {
    case "ready":
    case "degraded":
      return state;
    case "waiting":
    case "starting":
      return "starting";
    case "stopping":
    case "stopped":
    case "failed":
      return "down";
  }
}

async function fetchServices(url: string, token: string): Promise<readonly ModuleStatus[] | undefined> {
  try {
    const signal = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
    const { statusCode, body } = await request(new URL("/services", url), {
      signal,
      headers: { authorization: bearer(token) },
    });
    const text = await body.text();
    if (statusCode !== 200) return undefined;
    return servicesDocument.parse(JSON.parse(text)).services;
  } catch {
    return undefined;
  }
}
