import type { Edge, Entrance, Plan, Store, Unit } from "../plan/plan.js";

/** The elements of a Plan by name, and its edges and entrances by element. It keeps rendering linear in the size of the Plan. */
export interface PlanIndex {
  unit(name: string): Unit | undefined;
  store(name: string): Store | undefined;
  /** The unit that serves the model of this name. For the name of a unit, a store or an outside host: that name. */
  servedBy(name: string): string;
  edgesFrom(name: string): readonly Edge[];
  /** Edges to a unit or store, or to a model that the unit serves. */
  edgesTo(name: string): readonly Edge[];
  /** Entrances that route to a unit. */
  entrancesTo(unit: string): readonly Entrance[];
}

export function indexOf(plan: Plan): PlanIndex {
  const units = byName(plan.units);
  const stores = byName(plan.stores);
  const models = byName(plan.models);
  const servedBy = (name: string) => models.get(name)?.unit ?? name;
  const from = groupBy(plan.edges, (edge) => [edge.from]);
  const to = groupBy(plan.edges, (edge) => (edge.kind === "outside" ? [] : [servedBy(edge.to)]));
  const entrances = groupBy(plan.entrances, ({ routes }) => new Set(routes.map(({ unit }) => unit)));
  return {
    unit: (name) => units.get(name),
    store: (name) => stores.get(name),
    servedBy,
    edgesFrom: (name) => from.get(name) ?? [],
    edgesTo: (name) => to.get(name) ?? [],
    entrancesTo: (unit) => entrances.get(unit) ?? [],
  };
}

function byName<Element extends { readonly name: string }>(elements: readonly Element[]): ReadonlyMap<string, Element> {
  return new Map(elements.map((element) => [element.name, element]));
}

function groupBy<Value>(
  values: readonly Value[],
  keysOf: (value: Value) => Iterable<string>,
): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values)
    for (const key of keysOf(value)) {
      const group = groups.get(key);
      if (group) group.push(value);
      else groups.set(key, [value]);
    }
  return groups;
}
