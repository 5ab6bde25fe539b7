import { originOf } from "../plan/origin.js";
import type { Model, Origin, Path, Plan, Ratio, Unit } from "../plan/plan.js";
import { machineAvailability, managedAvailability, siteAvailability } from "./facts/availability.js";
import { promisePath } from "./promised.js";
import type { Server } from "./subjects.js";
import { copies, failsOver, isServer } from "./subjects.js";
import { notRunHere } from "./terms/left-out.js";
import { zones } from "./terms/machine.js";
import type { Verdict } from "./verdict.js";

/** What a request that enters by one unit needs, all at once, and how often all of it is there. */
export interface PredictedAvailability {
  /** The unit that the entrance leads to. */
  readonly subject: string;
  readonly promised: Ratio;
  readonly promisedAt: Origin;
  readonly predicted: AvailabilityPrediction;
  readonly verdict: Exclude<Verdict, "not-promised">;
}

export type AvailabilityPrediction =
  | { readonly kind: "known"; readonly value: Ratio; readonly parts: readonly Part[] }
  | { readonly kind: "unknown"; readonly why: string };

/** One thing in series with the others; a group of redundant things is one part. */
export interface Part {
  readonly name: string;
  readonly path: Path;
  readonly value: Ratio;
  readonly replicas: number;
  readonly source: string;
}

/**
 * In series: the site, the unit at the door, and everything that it calls, directly or through others. In parallel:
 * replicas that do not share a machine, and the fallbacks of a model. Failures are taken as independent, which the
 * site's own figure corrects for; a call counts as needed even where the caller could do without.
 */
export function predictAvailability(plan: Plan): readonly PredictedAvailability[] {
  const doors = new Set(plan.entrances.flatMap(({ routes }) => routes.map(({ unit }) => unit)));
  return plan.units
    .filter(({ name }) => doors.has(name))
    .flatMap((unit) => {
      const promised = unit.objectives.availability;
      if (promised === undefined) return [];
      const predicted = throughDoor(plan, unit);
      return [
        {
          subject: unit.name,
          promised,
          promisedAt: originOf(plan, promisePath(plan, unit.objectives, "availability")),
          predicted,
          verdict: predicted.kind === "unknown" ? "unknown" : predicted.value >= promised ? "kept" : "broken",
        } as const,
      ];
    });
}

function throughDoor(plan: Plan, door: Unit): AvailabilityPrediction {
  const machine = machineAvailability(plan.cloud);
  const site = siteAvailability(plan.cloud, zones(plan).length);
  if (!machine || !site) {
    return {
      kind: "unknown",
      why: "nobody guarantees how often these machines are up: the environment names no cloud",
    };
  }
  const parts: Part[] = [
    { name: "site", path: "cloud", value: site.value, replicas: zones(plan).length, source: site.source },
  ];
  for (const name of reached(plan, door.name)) {
    const unit = plan.units.find((candidate) => candidate.name === name);
    const server = plan.stores.filter(isServer).find((candidate) => candidate.name === name);
    const notRun = (unit && notRunHere(unit, plan)) ?? (server && notRunHere(server, plan));
    if (notRun !== undefined) return { kind: "unknown", why: `${name} is ${notRun}` };
    if (unit) parts.push(unitPart(plan, unit, machine));
    if (server) {
      const part = serverPart(plan, server, machine);
      if (!part)
        return { kind: "unknown", why: `${server.provider.product} guarantees nothing for ${server.name} as it is` };
      parts.push(part);
    }
  }
  return { kind: "known", value: parts.reduce((product, { value }) => product * value, 1), parts };
}

/** Everything needed, the door first. A unit that only stands in for another is counted with that one. */
function reached(plan: Plan, door: string): readonly string[] {
  const standIns = new Set(plan.models.flatMap((model) => fallbackUnits(plan, model).slice(1)));
  const seen = new Set([door]);
  for (const name of seen) {
    for (const edge of plan.edges) {
      if (edge.from === name && edge.kind !== "outside" && !standIns.has(edge.to)) seen.add(edge.to);
    }
  }
  return [...seen];
}

function unitPart(plan: Plan, unit: Unit, machine: { readonly value: Ratio; readonly source: string }): Part {
  const model = plan.models.find(({ name }) => name === unit.model);
  const group = model ? fallbackUnits(plan, model) : [unit.name];
  const members = group.map((name) => plan.units.find((candidate) => candidate.name === name) ?? unit);
  const value = 1 - members.reduce((down, member) => down * (1 - replicated(machine.value, separate(member))), 1);
  return {
    name: members.map(({ name }) => name).join(" or "),
    path: `${unit.path}.replicas`,
    value,
    replicas: members.reduce((sum, { replicas }) => sum + replicas.min, 0),
    source: machine.source,
  };
}

function serverPart(
  plan: Plan,
  server: Server,
  machine: { readonly value: Ratio; readonly source: string },
): Part | undefined {
  const { provider, name } = server;
  const path = `${server.path}.${server.kind === "postgres" ? "standby" : "replicas"}`;
  if (provider.kind === "managed") {
    const sla = managedAvailability(server, plan.cloud);
    return sla && { name, path, value: sla.value, replicas: copies(server), source: sla.source };
  }
  const value = replicated(machine.value, failsOver(server) ? copies(server) : 1);
  return { name, path, value, replicas: copies(server), source: machine.source };
}

/** Replicas that surely stand on different machines; without a required spread they may all share one. */
function separate(unit: Unit): number {
  const spread = unit.spread.nodes === "require" || unit.spread.zones === "require";
  return spread ? unit.replicas.min : Math.min(1, unit.replicas.min);
}

function replicated(one: Ratio, count: number): Ratio {
  return 1 - (1 - one) ** count;
}

/** The units that can answer for a model: its own, then those of its fallbacks. */
function fallbackUnits(plan: Plan, model: Model): readonly string[] {
  return [model.name, ...model.fallbacks].flatMap((name) => {
    const unit = plan.models.find((candidate) => candidate.name === name)?.unit;
    return unit === undefined ? [] : [unit];
  });
}
