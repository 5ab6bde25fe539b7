import type { Verdict } from "../contracts/verdict.js";
import { CLOUDS } from "../plan/clouds/index.js";
import { CONTROLLERS } from "../plan/entrances/index.js";
import { originOf } from "../plan/origin.js";
import type {
  Cited,
  Entrance,
  Model,
  NodePool,
  Origin,
  OutsideHost,
  Path,
  Plan,
  Ratio,
  Store,
  Unit,
} from "../plan/plan.js";
import { hasServers, type ServersNeeded, storeTraits } from "../plan/stores/index.js";
import { readOutside } from "../platform-file/outside.js";
import { demandOf, eligiblePools, serverDemand } from "./capacity.js";
import { machineAvailability, managedAvailability, siteAvailability } from "./facts/availability.js";
import { sloObjectivePath } from "./objectives.js";
import { lowestAvailability } from "./placement/probability.js";
import { proxyGroup, replicasNeeded, serverGroup, suffices, unitGroup } from "./placement/survival.js";
import { reachableFrom, type SloTarget, sloTargets } from "./slo-targets.js";
import { failsOver, type Server } from "./subjects.js";
import { zones } from "./terms/machine.js";
import { notRunHere } from "./terms/not-run.js";

/** The availability of one SLO target: the probability that everything a request needs is available. */
export interface PredictedAvailability {
  /** The unit behind an entrance, or another element that promises availability. */
  readonly subject: string;
  readonly promised: Ratio;
  /** The path in the platform file that declares it. */
  readonly path: Path;
  readonly promisedAt: Origin;
  readonly predicted: AvailabilityPrediction;
  readonly verdict: Exclude<Verdict, "not-promised">;
}

export type AvailabilityPrediction =
  | { readonly kind: "known"; readonly value: Ratio; readonly parts: readonly Part[] }
  | ({ readonly kind: "unknown" } & Unknown);

/** Why an availability is unknown, and what the file can declare that makes it known. */
interface Unknown {
  readonly why: string;
  readonly advice?: string;
}

/** One part in series with the others. A redundant group is one part. */
export interface Part {
  readonly name: string;
  readonly path: Path;
  readonly value: Ratio;
  readonly replicas: number;
  readonly source: string;
}

/**
 * In series: the site, the element itself, and everything that it calls, directly or through others. In parallel:
 * replicas that do not share a node, and the fallbacks of a model. Failures count as independent, which the site's own
 * figure corrects for. Every call counts as required. Hosts outside the platform have the figure that the file declares, or none.
 */
export function predictAvailability(plan: Plan): readonly PredictedAvailability[] {
  const targets = sloTargets(plan, "availability");
  if (targets.length === 0) return [];
  const predict = predictor(plan);
  return targets.flatMap((target) => {
    const promised = target.objectives.availability;
    if (promised === undefined) return [];
    const path = sloObjectivePath(plan, target.objectives, "availability");
    const predicted = predict(target);
    return [
      {
        subject: target.name,
        promised,
        path,
        promisedAt: originOf(plan, path),
        predicted,
        verdict: predicted.kind === "unknown" ? "unknown" : predicted.value >= promised ? "kept" : "broken",
      } as const,
    ];
  });
}

/** Predicts any SLO target of a plan. What the targets share is computed once. */
function predictor(plan: Plan): (target: SloTarget) => AvailabilityPrediction {
  const machine = machineAvailability(plan.cloud);
  const site = siteAvailability(plan.cloud, zones(plan).length);
  if (!machine || !site) {
    const why = "no provider SLA for these machines: the environment declares no cloud";
    return () => ({ kind: "unknown", why, advice: "declare the cloud" });
  }
  const ofSite = { name: "site", path: "cloud", value: site.value, replicas: zones(plan).length, source: site.source };
  const served = modelsByUnit(plan);
  const needs = needsOf(plan, served);
  const parts = partsOf(plan, needs, machine);
  return (target) => {
    const entrance = "entrance" in target ? target.entrance : undefined;
    const accepting = entrance ? entranceParts(entrance, plan, machine) : [];
    if ("why" in accepting) return { kind: "unknown", ...accepting };
    const needed: Part[] = [ofSite, ...accepting];
    const first = entrance ? entrance.routes.map(({ unit }) => unit) : [target.name];
    for (const name of new Set(first.flatMap((each) => [...reachableFrom(needs, served.get(each) ?? each)]))) {
      const part = parts.get(name);
      if (part === undefined) continue;
      if ("why" in part) return { kind: "unknown", ...part };
      needed.push(part);
    }
    return { kind: "known", value: needed.reduce((product, { value }) => product * value, 1), parts: needed };
  };
}

/** The load balancer and the proxies of an entrance, or why their availability is unknown. Each of its routes is needed. */
function entranceParts(entrance: Entrance, plan: Plan, machine: Cited): readonly Part[] | Unknown {
  const { path, controller, replicas } = entrance;
  const balancer = CLOUDS[plan.cloud].loadBalancer;
  if (CONTROLLERS[controller].proxies === undefined) return { why: "the file declares no controller of the entrance" };
  if (!balancer) return { why: "no provider SLA for the load balancer of the entrance" };
  const sla = balancer.sla(zones(plan).length);
  return [
    { name: balancer.product, path: `${path}.balancer`, value: sla.value, replicas: 1, source: sla.source },
    {
      name: `proxies of ${path}`,
      path: `${path}.replicas`,
      value: lowestAvailability(proxyGroup(entrance, plan), 1, machine.value),
      replicas,
      source: machine.source,
    },
  ];
}

/** The model that each unit serves: the unit is needed as that model, which fallbacks can serve too. */
function modelsByUnit({ models }: Plan): ReadonlyMap<string, string> {
  return new Map(models.flatMap(({ name, unit }) => (unit === undefined ? [] : [[unit, name] as const])));
}

/** The names that each unit and each model needs. A model needs what the unit that serves it calls. */
function needsOf({ dependencies }: Plan, served: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const needs = new Map<string, string[]>();
  for (const { from, to } of dependencies) {
    const name = served.get(from) ?? from;
    const known = needs.get(name);
    if (known) known.push(to);
    else needs.set(name, [to]);
  }
  return needs;
}

/** The part that each unit, model, store and external host is, or why its availability is unknown. */
function partsOf(
  plan: Plan,
  needs: ReadonlyMap<string, readonly string[]>,
  machine: Cited,
): ReadonlyMap<string, Part | Unknown> {
  const units = new Map(plan.units.map((unit) => [unit.name, unit]));
  const models = new Map(plan.models.map((model) => [model.name, model]));
  const hosts = new Map(plan.outside.map((host) => [host.name, host]));
  const partOf = (store: Store): Part | Unknown =>
    storePart(plan, store, machine) ?? {
      why: `${store.provider.product} has no SLA for ${store.name} in this configuration`,
    };
  const ifRun = (element: Unit | Store, part: () => Part | Unknown): Part | Unknown => {
    const notRun = notRunHere(element, plan);
    return notRun === undefined ? part() : { why: `${element.name} is ${notRun}` };
  };
  const services = plan.units.filter(({ role }) => role !== "model");
  const called = new Map<string, Part | Unknown>([
    ...services.map((unit) => [unit.name, ifRun(unit, () => unitPart(plan, unit, machine))] as const),
    ...plan.stores.map((store) => [store.name, ifRun(store, () => partOf(store))] as const),
    ...plan.outside.map((host) => [host.name, hostPart(host)] as const),
  ]);
  const elements = new Map<string, Unit | Store>([...plan.units, ...plan.stores].map((each) => [each.name, each]));
  const calledBy = (model: Model) => (fallback: Unit) => {
    if (fallback.name === model.unit) return [];
    const names = [...reachableFrom(needs, fallback.model ?? fallback.name, reachableFrom(needs, model.name))].slice(1);
    const parts = names.map((name) => ({ part: called.get(name), element: elements.get(name) }));
    return parts.every((each): each is CalledPart => each.part !== undefined && isPart(each.part)) ? parts : undefined;
  };
  return new Map([
    ...called,
    ...plan.models.map((model) => {
      const alternatives = [model, ...model.fallbacks.flatMap((name) => models.get(name) ?? [])];
      const own = units.get(model.unit ?? "");
      const part = () => modelPart(plan, alternatives, { units, hosts, calledBy: calledBy(model) }, machine);
      return [model.name, own ? ifRun(own, part) : part()] as const;
    }),
  ]);
}

function isPart(part: Part | Unknown): part is Part {
  return "value" in part;
}

const DECLARED = "declared by the platform file (`outside`)";

function hostPart({ name, path, availability: value }: OutsideHost): Part | Unknown {
  return value === undefined
    ? {
        why: `${name} is outside the platform, and its availability is not declared`,
        advice: `declare what its operator promises: \`outside: { ${name}: { availability: 99.9% } }\``,
      }
    : { name, path: `${path}.availability`, value, replicas: 1, source: DECLARED };
}

/** What serves a model and its fallbacks, by name. */
interface Alternatives {
  readonly units: ReadonlyMap<string, Unit>;
  readonly hosts: ReadonlyMap<string, OutsideHost>;
  /** What the unit of a fallback calls and the model does not; undefined if the availability of one of them is unknown. */
  readonly calledBy: (fallback: Unit) => readonly CalledPart[] | undefined;
}

/**
 * A model and its fallbacks, of which one suffices: their units, and the hosts that serve them. A host whose figure is not declared
 * counts as never available, and so does a fallback that calls something of unknown availability: the others are a lower bound.
 */
function modelPart(
  plan: Plan,
  alternatives: readonly Model[],
  { units, hosts, calledBy }: Alternatives,
  machine: Cited,
): Part | Unknown {
  const [model] = alternatives;
  const group = alternatives.flatMap(({ unit }) => units.get(unit ?? "") ?? []);
  const served = hostsServing(alternatives).flatMap((name) => hosts.get(name) ?? []);
  const declared = served.map(hostPart).filter(isPart);
  const own = alternativesPart(plan, group, calledBy, machine);
  const parts = [...(own ? [own] : []), ...declared];
  const [one] = parts;
  if (one === undefined) {
    if (model?.simulated && plan.data !== "real") return simulatedPart(model);
    const [unknownHost] = served.map(hostPart).filter((part) => !isPart(part));
    return unknownHost ?? { why: `${model?.name} is served by nothing that the platform file names` };
  }
  return {
    ...one,
    name: parts.map(({ name }) => name).join(" or "),
    value: 1 - parts.reduce((down, { value }) => down * (1 - value), 1),
    replicas: parts.reduce((sum, { replicas }) => sum + replicas, 0),
    source: [...new Set(parts.map(({ source }) => source))].join("; "),
  };
}

/** With test data the gateway itself answers, marked as simulated: no other part is needed. */
function simulatedPart({ name, path }: Model): Part {
  return {
    name: `${name}, simulated`,
    path: `${path}.fallback`,
    value: 1,
    replicas: 1,
    source: "answered by the gateway",
  };
}

/** The hosts that receive requests for one of these models. */
function hostsServing(models: readonly Model[]): readonly string[] {
  const used = models.flatMap(({ upstreams }) => upstreams.filter(({ weight }) => weight > 0));
  return [...new Set(used.flatMap(({ url }) => readOutside(url)?.host ?? []))];
}

function unitPart(plan: Plan, unit: Unit, machine: Cited): Part {
  const { name, path, replicas } = unit;
  const value = unitAvailability(unit, plan, machine.value);
  return { name, path: `${path}.replicas`, value, replicas: replicas.min, source: machine.source };
}

/** The unit of a model, or of one of its fallbacks with what only that calls. */
interface Alternative {
  readonly unit: Unit;
  /** The probability that the unit and everything that it calls, and that the first one does not call, are available. */
  readonly value: Ratio;
  /** The pools whose nodes they may run on; empty: any node. */
  readonly pools: ReadonlySet<NodePool>;
}

/**
 * Several units of which one suffices: a model's and those of its fallbacks. Units of which the nodes may be the same can all be
 * on one: of those the most available counts alone.
 */
function alternativesPart(
  plan: Plan,
  units: readonly Unit[],
  calledBy: Alternatives["calledBy"],
  machine: Cited,
): Part | undefined {
  const alternatives = units.flatMap((unit): readonly Alternative[] => {
    const calls = calledBy(unit);
    if (!calls) return [];
    const elements = [unit, ...calls.flatMap(({ element }) => element ?? [])];
    const own = unitAvailability(unit, plan, machine.value);
    return [
      {
        unit,
        value: calls.reduce((all, { part }) => all * part.value, own),
        pools: new Set(elements.flatMap((each) => poolsOf(each, plan))),
      },
    ];
  });
  const [first] = alternatives;
  if (!first) return undefined;
  const down = separateNodes(alternatives).map((shared) => 1 - Math.max(...shared.map(({ value }) => value)));
  return {
    name: alternatives.map(({ unit }) => unit.name).join(" or "),
    path: `${first.unit.path}.replicas`,
    value: 1 - down.reduce((all, each) => all * each, 1),
    replicas: alternatives.reduce((sum, { unit }) => sum + unit.replicas.min, 0),
    source: machine.source,
  };
}

/** Something that a fallback calls: its part, and the unit or the store in the cluster that it is. */
interface CalledPart {
  readonly part: Part;
  readonly element: Unit | Store | undefined;
}

function poolsOf(element: Unit | Store, plan: Plan): readonly NodePool[] {
  if (!("provider" in element)) return eligiblePools(plan, element.pool, demandOf(element));
  return element.provider.kind === "managed" ? [] : eligiblePools(plan, element.pool, serverDemand(element));
}

function unitAvailability(unit: Unit, plan: Plan, machine: Ratio): Ratio {
  if (unit.replicas.min === 0) return 0;
  return lowestAvailability(unitGroup(unit, plan), replicasNeeded(unit, plan), machine);
}

/** Alternatives by the nodes that they may share: those of different pools share none. */
function separateNodes(alternatives: readonly Alternative[]): readonly (readonly Alternative[])[] {
  const separate: { pools: ReadonlySet<NodePool>; members: readonly Alternative[] }[] = [];
  for (const alternative of alternatives) {
    const { pools } = alternative;
    const shared = separate.filter(
      (each) => pools.size === 0 || each.pools.size === 0 || [...pools].some((pool) => each.pools.has(pool)),
    );
    for (const each of shared) separate.splice(separate.indexOf(each), 1);
    separate.push({
      pools: new Set([...pools, ...shared.flatMap((each) => [...each.pools])]),
      members: [...shared.flatMap(({ members }) => members), alternative],
    });
  }
  return separate.map(({ members }) => members);
}

function storePart(plan: Plan, store: Store, machine: Cited): Part | undefined {
  const { provider, name } = store;
  const { copies: replicas, copiesKey } = storeTraits(store);
  const path = copiesKey === undefined ? store.path : `${store.path}.${copiesKey}`;
  if (provider.kind === "managed") {
    const sla = managedAvailability(store, plan.cloud);
    return sla && { name, path, value: sla.value, replicas, source: sla.source };
  }
  const value = hasServers(store) ? serversAvailability(store, plan, machine.value) : machine.value;
  return { name, path, value, replicas, source: machine.source };
}

/** Enough servers on available nodes. Without failover that is the one that clients write to, or one of each shard. */
function serversAvailability(server: Server, plan: Plan, machine: Ratio): Ratio {
  const { needs, neverServes } = storeTraits(server);
  if (neverServes) return 0;
  const group = serverGroup(server, plan);
  if (failsOver(server)) return lowestAvailability(group, group.members - tolerated(needs, group.members), machine);
  const written = needs.kind === "shards" ? needs.shards : 1;
  return lowestAvailability({ ...group, members: written }, written, machine);
}

/** How many servers may be lost, whichever they are. */
function tolerated(needs: ServersNeeded, members: number): number {
  let lost = 0;
  while (lost < members && suffices(needs, members, lost + 1)) lost += 1;
  return lost;
}
