import type { ModuleState, ModuleStatus } from "../../contracts/services.js";
import { ServiceLifecycle, type ServiceState } from "../../lifecycle/service.js";

/** What a running module reports of itself. `starting`: it cannot serve at present (a model is loaded again, for example). */
export type Condition = Extract<ModuleState, "starting" | "ready" | "degraded">;

const REPORTED = {
  new: "waiting",
  starting: "starting",
  stopping: "stopping",
  terminated: "stopped",
  failed: "failed",
} as const satisfies Record<Exclude<ServiceState, "running">, ModuleState>;

interface Module {
  readonly name: string;
  readonly needs: readonly string[];
  readonly lifecycle: ServiceLifecycle;
  condition: Condition;
  reason: string | undefined;
  since: number;
}

/** The lifecycles and conditions of the modules of one process, and the readiness of the process that follows from them. */
export class Services {
  readonly #modules = new Map<string, Module>();
  #draining = false;

  constructor(modules: readonly { readonly name: string; readonly needs: readonly string[] }[]) {
    for (const { name, needs } of modules) {
      const lifecycle = new ServiceLifecycle();
      const module: Module = { name, needs, lifecycle, condition: "ready", reason: undefined, since: Date.now() };
      lifecycle.listen(({ to, failureCase }) => {
        if (to === "stopping" || to === "terminated") module.reason = undefined;
        if (failureCase !== undefined) module.reason = failureCase;
        module.since = Date.now();
      });
      this.#modules.set(name, module);
    }
  }

  /** The lifecycle of a module of this process. Throws for another one. */
  lifecycle(name: string): ServiceLifecycle {
    return this.#module(name).lifecycle;
  }

  /** Records what a module reports of itself. Its condition counts while it runs; its reason also while it starts. */
  report(name: string, condition: Condition, reason?: string): void {
    const module = this.#module(name);
    const { state } = module.lifecycle;
    if (state !== "starting" && state !== "running") return;
    if (module.condition === condition && module.reason === reason) return;
    module.condition = condition;
    module.reason = reason;
    module.since = Date.now();
  }

  /** Makes this process not ready, whatever its modules report. */
  drain(): void {
    this.#draining = true;
  }

  get draining(): boolean {
    return this.#draining;
  }

  list(): readonly ModuleStatus[] {
    return [...this.#modules.values()].map(({ name, needs, lifecycle, condition, reason, since }) => {
      const state = lifecycle.state === "running" ? condition : REPORTED[lifecycle.state];
      return { name, state, reason, needs, since };
    });
  }

  /** Whether requests should be routed to this process. A degraded module still serves. */
  get ready(): boolean {
    return !this.#draining && this.list().every(({ state }) => serves(state));
  }

  /** Whether a module has failed. Only a restart of the process recovers from it. */
  get failed(): boolean {
    return this.list().some(({ state }) => state === "failed");
  }

  #module(name: string): Module {
    const module = this.#modules.get(name);
    if (module === undefined) throw new Error(`this process has no module ${name}`);
    return module;
  }
}

/** Whether a module in this state serves requests. */
export function serves(state: ModuleState): boolean {
  return state === "ready" || state === "degraded";
}
