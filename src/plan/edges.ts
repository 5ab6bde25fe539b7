import { many } from "../platform-file/one-or-many.js";
import { readOutside } from "../platform-file/outside.js";
import type { ServiceInput } from "../platform-file/schema/services.js";
import type { PlanContext } from "./context.js";
import { ENGINES } from "./engines/index.js";
import { sourcesOf } from "./model-source.js";
import type { Scope } from "./origin.js";
import type { Dependency, Edge, Model, Store, Unit } from "./plan.js";
import { STORES } from "./stores/index.js";

type Call = NonNullable<ServiceInput["calls"]>[number];

/** The declared calls, and all edges: those calls, the downloads and fallbacks of models, and the backups that stores send to buckets. */
export function planEdges(
  context: PlanContext,
  units: readonly Unit[],
  models: readonly Model[],
  stores: readonly Store[],
): { readonly edges: Edge[]; readonly dependencies: Dependency[] } {
  const planner = new EdgePlanner(units, models, stores);
  const { services = {}, models: modelInputs = {} } = context.settings;
  for (const unit of units) {
    const input = unit.role === "model" ? modelInputs[unit.model ?? ""] : services[unit.name];
    planner.calls(unit.name, context.provenance.at(...rootOf(unit)), input?.calls);
    for (const sidecar of many(input?.beside))
      planner.calls(unit.name, context.provenance.at("services", sidecar), services[sidecar]?.calls);
  }
  for (const model of models) planner.download(model);
  for (const store of stores) planner.copies(store);
  return planner;
}

function rootOf(unit: Unit): [string, string] {
  return unit.role === "model" ? ["models", unit.model ?? unit.name] : ["services", unit.name];
}

class EdgePlanner {
  readonly edges: Edge[] = [];
  readonly dependencies: Dependency[] = [];
  readonly #seen = new Set<string>();
  readonly #units: ReadonlyMap<string, Unit>;
  readonly #models: ReadonlyMap<string, Model>;
  readonly #stores: ReadonlyMap<string, Store>;

  constructor(units: readonly Unit[], models: readonly Model[], stores: readonly Store[]) {
    this.#units = new Map(units.map((unit) => [unit.name, unit]));
    this.#models = new Map(models.map((model) => [model.name, model]));
    this.#stores = new Map(stores.map((store) => [store.name, store]));
  }

  calls(from: string, scope: Scope, calls: readonly Call[] | undefined): void {
    for (const [index, call] of (calls ?? []).entries()) this.#call(from, scope.pathOf("calls", index), call);
  }

  /** The unit of a model downloads its weights from an external host before it serves requests. */
  download(model: Model): void {
    if (model.unit === undefined) return;
    const registry = ENGINES[model.engine].registry(model.sources);
    if (registry !== undefined) this.#outside(model.unit, registry, `${model.path}.source`);
    for (const { from } of sourcesOf(model, "huggingface")) {
      const url = from.replace(/^hf:\/\/.*/, "https://huggingface.co");
      this.#outside(model.unit, url, `${model.path}.source`);
    }
  }

  /** A store sends its backups to buckets if its provider does. */
  copies(store: Store): void {
    for (const name of store.provider.sendsTo) {
      const bucket = this.#stores.get(name);
      if (bucket)
        this.#add({
          from: store.name,
          to: name,
          kind: "store",
          port: bucket.port,
          protocol: "tcp",
          path: `${store.backups.path}.to`,
        });
    }
  }

  #call(from: string, path: string, call: Call): void {
    const to = typeof call === "string" ? call : call.to;
    const wanted = typeof call === "string" ? undefined : call.port;
    const store = this.#stores.get(to);
    const model = this.#models.get(to);
    const unit = this.#units.get(to);
    this.#depend(from, to, path, store ? "store" : model ? "model" : unit ? "unit" : "outside");
    if (store) {
      const port = typeof wanted === "number" ? wanted : store.port;
      this.#add({ from, to, kind: "store", port, protocol: STORES[store.kind].protocol, path });
    } else if (model) this.#model(from, model, wanted, path, new Set());
    else if (unit) this.#unit(from, unit, wanted, path);
    else this.#outside(from, to, path, typeof call === "object" ? call : undefined);
  }

  #depend(from: string, name: string, path: string, kind: Dependency["kind"]): void {
    const to = kind === "outside" ? readOutside(name)?.host : name;
    if (to !== undefined) this.dependencies.push({ from, to, kind, path });
  }

  #unit(from: string, unit: Unit, wanted: string | number | undefined, path: string): void {
    const found = unit.ports.find(({ name, number }) => wanted === undefined || name === wanted || number === wanted);
    const port = found?.number ?? (typeof wanted === "number" ? wanted : 0);
    this.#add({ from, to: unit.name, kind: "unit", port, protocol: found?.protocol ?? "tcp", path });
  }

  /** A caller of a model must also reach its fallbacks. */
  #model(from: string, model: Model, wanted: string | number | undefined, path: string, visited: Set<string>): void {
    if (visited.has(model.name)) return;
    visited.add(model.name);
    const unit = this.#units.get(model.unit ?? "");
    if (unit) this.#unit(from, unit, wanted, path);
    for (const upstream of model.upstreams) this.#outside(from, upstream.url, path);
    for (const name of model.fallbacks) {
      const fallback = this.#models.get(name);
      if (fallback) this.#model(from, fallback, undefined, `${model.path}.fallback`, visited);
    }
  }

  #outside(from: string, address: string, path: string, call?: Exclude<Call, string>): void {
    const outside = readOutside(address);
    if (!outside) return;
    const port = typeof call?.port === "number" ? call.port : outside.port;
    this.#add({ from, to: outside.host, kind: "outside", port, protocol: call?.protocol ?? outside.protocol, path });
  }

  #add(edge: Edge): void {
    const key = `${edge.from} ${edge.to} ${edge.port}`;
    if (edge.from === edge.to || this.#seen.has(key)) return;
    this.#seen.add(key);
    this.edges.push(edge);
  }
}
