import type { Plan } from "../../../src/plan/plan.js";

/** A plan whose lists count how often an item of them is read. */
export function counted(plan: Plan): { readonly plan: Plan; readonly reads: () => number } {
  let reads = 0;
  const count = <Item>(items: readonly Item[]): readonly Item[] =>
    new Proxy(items, {
      get(target, key, receiver) {
        if (typeof key === "string" && /^\d+$/.test(key)) reads += 1;
        return Reflect.get(target, key, receiver);
      },
    });
  const { units, models, stores, edges, entrances, secrets } = plan;
  return {
    plan: {
      ...plan,
      units: count(units),
      models: count(models),
      stores: count(stores),
      edges: count(edges),
      entrances: count(entrances),
      secrets: count(secrets),
    },
    reads: () => reads,
  };
}
