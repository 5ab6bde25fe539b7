import { request } from "undici";
import { z } from "zod";
import type { ElementState } from "../../../contracts/topology.js";
import type { Unit } from "../../../plan/plan.js";
import { moduleDatabases } from "../../../plan/stores/index.js";
import type { Gateway } from "../../gateway/client.js";
import type { Context } from "../../kernel/module.js";
import { type Reading, type Readings, worstState } from "./compose.js";

/** As a process tells it under /services. */
interface ModuleState {
  readonly name: string;
  readonly state: string;
  readonly reason?: string | undefined;
}

const servicesAnswer = z.object({
  services: z.array(z.object({ name: z.string(), state: z.string(), reason: z.string().optional() })),
});

/** A process that takes longer than this to say how it is, is not well. Milliseconds. */
const patience = 1_500;
/** Many viewers are answered from one look. Milliseconds. */
const fresh = 1_000;

/** Looks at the running platform: this process directly, others over HTTP, models through the gateway. */
export class Observer {
  #last: { readonly at: number; readonly readings: Promise<Readings> } | undefined;

  constructor(
    private readonly context: Context,
    private readonly gateway: Gateway,
  ) {}

  read(): Promise<Readings> {
    const at = Date.now();
    if (this.#last && at - this.#last.at < fresh) return this.#last.readings;
    const readings = this.#look(at);
    this.#last = { at, readings };
    return readings;
  }

  async #look(at: number): Promise<Readings> {
    const { plan } = this.context;
    const processes = new Map<string, Promise<readonly ModuleState[] | undefined>>();
    const modulesOf = async (unit: Unit): Promise<readonly ModuleState[] | "nowhere" | undefined> => {
      const [first] = unit.modules;
      if (first === undefined) return "nowhere";
      if (unit.modules.every((module) => this.context.here.includes(module))) return this.context.services();
      const url = this.context.peer(first);
      if (url === undefined) return "nowhere";
      const asked = processes.get(url) ?? askServices(url, this.context.internalToken);
      processes.set(url, asked);
      return asked;
    };
    const units = new Map<string, Reading>();
    const databases = new Map<string, ModuleState>();
    const models = this.gateway.models().catch(() => undefined);
    await Promise.all(
      plan.units.map(async (unit) => {
        const modules = await modulesOf(unit);
        if (modules === "nowhere") return;
        units.set(unit.name, unitReading(unit, modules));
        const database = modules?.find(({ name }) => name === "database");
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

/** One unit by its modules' states; `undefined` when its process did not answer. */
function unitReading(unit: Unit, modules: readonly ModuleState[] | undefined): Reading {
  if (!modules) return { state: "down", ready: unit.replicas.min === 1 ? 0 : null, reason: "does not answer" };
  const own = modules.filter(({ name }) => unit.modules.includes(name));
  const state = worstState(own.map(({ state }) => elementState(state)));
  const reason = own.find((module) => module.reason !== undefined)?.reason;
  const serves = state === "ready" || state === "degraded";
  // Behind one address only one of several replicas answers: then how many there are is not known.
  return { state, ready: unit.replicas.min === 1 ? (serves ? 1 : 0) : null, reason };
}

/** A database by those who use it: away for all of them means down, for some degraded. */
function storeReading(seen: readonly ModuleState[]): Reading {
  const reached = seen.filter(({ state }) => state === "ready").length;
  const state: ElementState = reached === seen.length ? "ready" : reached > 0 ? "degraded" : "down";
  return { state, ready: reached > 0 ? 1 : 0, reason: seen.find(({ reason }) => reason !== undefined)?.reason };
}

function elementState(state: string): ElementState {
  switch (state) {
    case "ready":
    case "degraded":
      return state;
    case "waiting":
    case "starting":
      return "starting";
    default:
      return "down";
  }
}

async function askServices(url: string, internalToken: string): Promise<readonly ModuleState[] | undefined> {
  try {
    const signal = AbortSignal.timeout(patience);
    const { statusCode, body } = await request(new URL("/services", url), {
      signal,
      headers: { authorization: `Bearer ${internalToken}` },
    });
    const text = await body.text();
    if (statusCode !== 200) return undefined;
    return servicesAnswer.parse(JSON.parse(text)).services;
  } catch {
    return undefined;
  }
}
