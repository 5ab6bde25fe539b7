import type { Verdict } from "../contracts/verdict.js";
import { originOf } from "../plan/origin.js";
import type { Cited, Model, Origin, Path, Plan, Ratio, Store, Unit } from "../plan/plan.js";
import { hasServers, storeTraits } from "../plan/stores/index.js";
import { machineAvailability, managedAvailability, siteAvailability } from "./facts/availability.js";
import { type Answering, calleesOf, judgedAt, neededBy, objectivePath } from "./judged.js";
import { failsOver } from "./subjects.js";
import { notRunHere } from "./terms/left-out.js";
import { zones } from "./terms/machine.js";

/** What a request to one element needs, all at once, and how often all of it is there. */
export interface PredictedAvailability {
  /** The unit behind a door, or whatever else promises availability. */
  readonly subject: string;
  readonly promised: Ratio;
  /** Where it is promised, in the platform file. */
  readonly path: Path;
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
 * In series: the site, the element itself, and everything that it calls, directly or through others. In parallel:
 * replicas that do not share a machine, and the fallbacks of a model. Failures are taken as independent, which the
 * site's own figure corrects for; a call counts as needed even where the caller could do without. Hosts outside are not
 * counted: nobody here knows their figures.
 */
export function predictAvailability(plan: Plan): readonly PredictedAvailability[] {
  const judged = judgedAt(plan, "availability");
  if (judged.length === 0) return [];
  const predict = predictor(plan);
  return judged.flatMap((subject) => {
    const promised = subject.objectives.availability;
    if (promised === undefined) return [];
    const path = objectivePath(plan, subject.objectives, "availability");
    const predicted = predict(subject);
    return [
      {
        subject: subject.name,
        promised,
        path,
        promisedAt: originOf(plan, path),
        predicted,
        verdict: predicted.kind === "unknown" ? "unknown" : predicted.value >= promised ? "kept" : "broken",
      } as const,
    ];
  });
}

/** A prediction for any element; what all of them share is looked up once. */
function predictor(plan: Plan): (subject: Answering) => AvailabilityPrediction {
  const machine = machineAvailability(plan.cloud);
  const site = siteAvailability(plan.cloud, zones(plan).length);
  if (!machine || !site) {
    const why = "nobody guarantees how often these machines are up: the environment names no cloud";
    return () => ({ kind: "unknown", why });
  }
  const ofSite = { name: "site", path: "cloud", value: site.value, replicas: zones(plan).length, source: site.source };
  const callees = calleesOf(plan);
  const elements = new Map([...plan.units, ...plan.stores].map((element) => [element.name, element]));
  // A unit that only stands in for another is counted with that one.
  const standIns = new Set(plan.models.flatMap((model) => fallbackUnits(plan, model).slice(1)));
  return (subject) => {
    const parts: Part[] = [ofSite];
    for (const name of neededBy(callees, subject.name, standIns)) {
      const element = elements.get(name);
      if (!element)
        return { kind: "unknown", why: `${name} is answered by a server outside, and nobody here knows its figure` };
      const notRun = notRunHere(element, plan);
      if (notRun !== undefined) return { kind: "unknown", why: `${name} is ${notRun}` };
      const part = "role" in element ? unitPart(plan, element, machine) : storePart(plan, element, machine);
      if (!part) return { kind: "unknown", why: `${providerOf(element)} guarantees nothing for ${name} as it is` };
      parts.push(part);
    }
    return { kind: "known", value: parts.reduce((product, { value }) => product * value, 1), parts };
  };
}

function providerOf(element: Unit | Store): string {
  return "provider" in element ? element.provider.product : element.name;
}

function unitPart(plan: Plan, unit: Unit, machine: Cited): Part {
  const model = plan.models.find(({ name }) => name === unit.model);
  const group = model ? fallbackUnits(plan, model) : [unit.name];
  const members = group.map((name) => plan.units.find((candidate) => candidate.name === name) ?? unit);
  const value = 1 - members.reduce((down, member) => down * (1 - replicated(machine.value, separate(member, plan))), 1);
  return {
    name: members.map(({ name }) => name).join(" or "),
    path: `${unit.path}.replicas`,
    value,
    replicas: members.reduce((sum, { replicas }) => sum + replicas.min, 0),
    source: machine.source,
  };
}

function storePart(plan: Plan, store: Store, machine: Cited): Part | undefined {
  const { provider, name } = store;
  const { copies: replicas, copiesKey } = storeTraits(store);
  const path = copiesKey === undefined ? store.path : `${store.path}.${copiesKey}`;
  if (provider.kind === "managed") {
    const sla = managedAvailability(store, plan.cloud);
    return sla && { name, path, value: sla.value, replicas, source: sla.source };
  }
  const value = replicated(machine.value, hasServers(store) && failsOver(store) ? replicas : 1);
  return { name, path, value, replicas, source: machine.source };
}

/** Replicas that surely stand on different machines; without a required spread they may all share one. */
function separate({ replicas, spread }: Unit, plan: Plan): number {
  if (spread.nodes === "require") return replicas.min;
  return Math.min(replicas.min, spread.zones === "require" ? zones(plan).length : 1);
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
