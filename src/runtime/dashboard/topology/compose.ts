import type { ModelStatus } from "../../../contracts/models.js";
import type { ElementState, Topology, TopologyEdge, TopologyNode } from "../../../contracts/topology.js";
import type { Entrance, Plan, Store, Unit } from "../../../plan/plan.js";
import { hasServers, storeTraits } from "../../../plan/stores/index.js";
import { formatDuration } from "../../../platform-file/format.js";
import { notRunHere } from "../../../promises/terms/not-run.js";

/** The current state of one element. `ready` is null if its replicas are not counted. */
export interface Reading {
  readonly state: ElementState;
  readonly ready: number | null;
  readonly reason?: string | undefined;
}

/** The state of the running platform at one time. */
export interface Readings {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly units: ReadonlyMap<string, Reading>;
  readonly stores: ReadonlyMap<string, Reading>;
  /** Undefined if the gateway is unreachable. */
  readonly models: readonly ModelStatus[] | undefined;
}

const NOT_READ: Reading = { state: "unknown", ready: null };
const SEVERITY: readonly ElementState[] = ["ready", "unknown", "starting", "degraded", "down"];

/** The worst of several states; `unknown` for none. */
export function worstState(states: readonly ElementState[]): ElementState {
  return (
    states.reduce<ElementState | undefined>(
      (worst, state) => (worst === undefined || SEVERITY.indexOf(state) > SEVERITY.indexOf(worst) ? state : worst),
      undefined,
    ) ?? "unknown"
  );
}

/** The elements and edges of the Plan with their current state. */
export function composeTopology(plan: Plan, readings: Readings): Topology {
  const units = plan.units.map((unit) =>
    unit.role === "model" ? modelNode(plan, unit, readings) : unitNode(plan, unit, readings),
  );
  const stateOf = new Map(units.map(({ id, state }) => [id, state]));
  return {
    platform: plan.platform,
    environment: plan.environment,
    at: readings.at,
    nodes: [
      ...plan.entrances.map((entrance) => entranceNode(entrance, stateOf)),
      ...units,
      ...externalModels(plan, readings),
      ...plan.stores.map((store) => storeNode(plan, store, readings)),
      ...outsideNodes(plan),
    ],
    edges: edgesOf(plan, readings),
  };
}

function entranceNode(entrance: Entrance, stateOf: ReadonlyMap<string, ElementState>): TopologyNode {
  const states = entrance.routes.map(({ unit }) => stateOf.get(unit) ?? "unknown");
  return {
    id: entrance.name,
    kind: "entrance",
    state: worstState(states),
    replicas: null,
    rate: null,
    detail: facts({
      host: entrance.host,
      controller: entrance.controller === "none" ? undefined : entrance.controller,
      TLS: entrance.tls && `from ${entrance.tls.minimum}`,
    }),
  };
}

function unitNode(plan: Plan, unit: Unit, readings: Readings): TopologyNode {
  const { state, ready, reason } = readings.units.get(unit.name) ?? NOT_READ;
  return {
    id: unit.name,
    kind: "unit",
    state,
    replicas: replicas(unit, ready),
    rate: unit.modules.includes("gateway") ? sum(readings.models) : null,
    detail: facts({
      modules: unit.modules.join(", ") || undefined,
      image: foreignImage(unit),
      reason: reason ?? notRunHere(unit, plan),
    }),
  };
}

function modelNode(plan: Plan, unit: Unit, readings: Readings): TopologyNode {
  const model = plan.models.find(({ name }) => name === unit.model);
  const status = readings.models?.find(({ name }) => name === unit.model);
  const ready = status ? status.targets.filter(({ state }) => state === "ready").length : null;
  const state = status?.state ?? "unknown";
  return {
    id: unit.name,
    kind: "model",
    state: state === "ready" && ready !== null && ready < unit.replicas.min ? "degraded" : state,
    replicas: replicas(unit, ready),
    rate: status?.requestsPerSecond ?? null,
    detail: modelFacts(status, model?.engine),
  };
}

/** Models of external servers, which no unit of the plan serves. */
function externalModels(plan: Plan, readings: Readings): TopologyNode[] {
  return plan.models
    .filter(({ unit }) => unit === undefined)
    .map((model) => {
      const status = readings.models?.find(({ name }) => name === model.name);
      return {
        id: model.name,
        kind: "model",
        state: status?.state ?? "unknown",
        replicas: null,
        rate: status?.requestsPerSecond ?? null,
        detail: modelFacts(status, model.engine),
      };
    });
}

function storeNode(plan: Plan, store: Store, readings: Readings): TopologyNode {
  const { state, ready, reason } = readings.stores.get(store.name) ?? NOT_READ;
  const want = hasServers(store) ? storeTraits(store).servers : undefined;
  const { log, full } = store.backups;
  return {
    id: store.name,
    kind: "store",
    state,
    replicas: want === undefined ? null : { want, most: want, ready: want === 1 ? ready : null },
    rate: null,
    detail: facts({
      kind: "version" in store ? `${store.kind} ${store.version}` : store.kind,
      product: store.provider.product,
      "WAL archive": log && `within ${formatDuration(log.every)}`,
      backup: full && `every ${formatDuration(full.every)}`,
      reason: reason ?? notRunHere(store, plan),
    }),
  };
}

function outsideNodes(plan: Plan): TopologyNode[] {
  const names = new Set(plan.edges.filter(({ kind }) => kind === "outside").map(({ to }) => to));
  return [...names].map((id) => ({ id, kind: "outside", state: "unknown", replicas: null, rate: null, detail: [] }));
}

function edgesOf(plan: Plan, readings: Readings): TopologyEdge[] {
  const gateways = new Set(plan.units.filter(({ modules }) => modules.includes("gateway")).map(({ name }) => name));
  const rateOf = (unit: string): number | null => {
    const model = plan.units.find(({ name }) => name === unit)?.model ?? unit;
    return readings.models?.find(({ name }) => name === model)?.requestsPerSecond ?? null;
  };
  const entrances = plan.entrances.flatMap((entrance) =>
    [...new Set(entrance.routes.map(({ unit }) => unit))].map((unit): TopologyEdge => {
      const port = plan.units.find(({ name }) => name === unit)?.ports.find(({ protocol }) => protocol === "http");
      const rate = gateways.has(unit) ? sum(readings.models) : null;
      return { from: entrance.name, to: unit, port: port?.number ?? 80, protocol: "http", rate };
    }),
  );
  const calls = plan.edges.map(
    ({ from, to, port, protocol }): TopologyEdge => ({
      from,
      to,
      port,
      protocol,
      // Only the gateway counts its calls, and they go to models. With one gateway, the rate of the model is the rate of the edge.
      rate: gateways.has(from) && gateways.size === 1 ? rateOf(to) : null,
    }),
  );
  return [...entrances, ...calls];
}

function replicas(unit: Unit, ready: number | null): TopologyNode["replicas"] {
  return { want: unit.replicas.min, most: unit.replicas.max, ready };
}

function modelFacts(status: ModelStatus | undefined, engine: string | undefined): TopologyNode["detail"] {
  return facts({
    engine: status?.engine ?? engine,
    reason: status?.reason && withoutName(status.reason, status.engine ?? engine),
    "tokens/s": status && status.tokensPerSecond > 0 ? String(status.tokensPerSecond) : undefined,
    waiting: status && status.queue.waiting > 0 ? String(status.queue.waiting) : undefined,
  });
}

/** Removes the engine's name from the start of a reason: it is shown before the reason already. */
function withoutName(reason: string, engine: string | undefined): string {
  const prefix = `${engine}: `;
  return reason.startsWith(prefix) ? reason.slice(prefix.length) : reason;
}

/** The image, unless it is Keelson's own: then the modules are shown instead. */
function foreignImage({ modules, image }: Unit): string | undefined {
  return modules.length > 0 ? undefined : `${image.repository}${image.tag === undefined ? "" : `:${image.tag}`}`;
}

function sum(models: readonly ModelStatus[] | undefined): number | null {
  if (!models) return null;
  return Math.round(models.reduce((total, { requestsPerSecond }) => total + requestsPerSecond, 0) * 100) / 100;
}

function facts(values: Readonly<Record<string, string | undefined>>): TopologyNode["detail"] {
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}
