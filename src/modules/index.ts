import { accounts } from "./accounts.js";
import { dashboard } from "./dashboard.js";
import { database } from "./database.js";
import { type ContainerSize, type ModuleDescriptor, PLAIN_MODULE } from "./descriptor.js";
import { engine } from "./engine.js";
import { gateway } from "./gateway.js";
import type { TokenAudience } from "./tokens.js";
import { usage } from "./usage.js";

export type { ContainerSize, ModuleDescriptor, ModuleProbe, ModuleState } from "./descriptor.js";

/** Every module of the runtime. A new module is one line here and one in `runtime/modules.ts`. */
export const DESCRIPTORS = { gateway, engine, accounts, usage, dashboard, database } as const;

export type ModuleName = keyof typeof DESCRIPTORS;

/** The same, each as a descriptor whose needs are modules that exist. */
export const MODULES: { readonly [Name in ModuleName]: ModuleDescriptor<ModuleName> } = DESCRIPTORS;

/** Names of the modules, as used in platform files. */
export const MODULE_NAMES: readonly ModuleName[] = Object.keys(DESCRIPTORS).filter(isModule);

/** The port that a container of modules listens on by default. */
export const MODULE_PORT = 8080;

/** The module that serves a model in a unit of the model's own. */
export const MODEL_MODULE = "engine" satisfies ModuleName;

/** The module that receives the requests of clients. */
export const ENTRY_MODULE = "gateway" satisfies ModuleName;

export function isModule(name: string): name is ModuleName {
  return Object.hasOwn(DESCRIPTORS, name);
}

/** The descriptors of the modules with these names. */
export function descriptorsOf(names: readonly string[]): readonly ModuleDescriptor<ModuleName>[] {
  return names.filter(isModule).map((name) => MODULES[name]);
}

/** The tokens that a process with these modules needs, each once. */
export function tokensOf(names: readonly string[]): readonly TokenAudience[] {
  return [...new Set(descriptorsOf(names).flatMap(({ tokens }) => tokens))];
}

/** Modules that `name` calls at an address of their own when they run in another process. */
export function peersOf(name: ModuleName): readonly ModuleName[] {
  return MODULES[name].needs.filter((need) => MODULES[need].remote === "single");
}

/** Whether `name` stores its rows in PostgreSQL. */
export function storesRows(name: ModuleName): boolean {
  return MODULES[name].needs.some((need) => MODULES[need].connectsToDatabase);
}

/** What a container that runs these modules needs: as much as the largest of them. */
export function containerSizeOf(names: readonly string[]): ContainerSize {
  const sizes = MODULE_NAMES.filter((name) => names.includes(name)).map((name) => MODULES[name].container);
  return sizes.reduce(larger, PLAIN_MODULE.container);
}

/** The larger of two sizes by CPU request, then by memory request. Of two equal sizes the second, which has a reason of its own. */
function larger(a: ContainerSize, b: ContainerSize): ContainerSize {
  const difference = a.cpu.min - b.cpu.min || a.memory.min - b.memory.min;
  return difference > 0 ? a : b;
}
