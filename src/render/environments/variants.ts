import type { Plan } from "../../plan/plan.js";
import { renderObjects } from "../kubernetes/index.js";
import { secretNotes } from "../kubernetes/secret.js";
import type { Note } from "../note.js";
import { type JsonMap, jsonMapOf } from "./json.js";

/** One object of a platform in each of its environments, in their order; undefined where an environment has none. */
export interface ObjectVariants {
  /** Path of the object's file, without its extension; the first folder is the element of the platform. */
  readonly file: string;
  readonly kind: string;
  readonly objects: readonly (JsonMap | undefined)[];
}

/** An object in one environment. */
export interface NamedObject {
  readonly file: string;
  readonly object: JsonMap;
}

/** The objects of all environments, and the notes of each, on the secrets as well: no other command creates them. */
export interface Variants {
  readonly objects: readonly ObjectVariants[];
  readonly notes: readonly (readonly Note[])[];
}

/** The Kubernetes objects of the Plans of a platform's environments. */
export function objectVariants(plans: readonly Plan[]): Variants {
  const renderings = plans.map((plan) => {
    const { manifests, notes } = renderObjects(plan);
    const objects = manifests.map(({ file, object }) => ({ file, object: jsonMapOf(object) }));
    return { objects, notes: [...notes, ...secretNotes(plan)] };
  });
  return {
    objects: variantsOf(renderings.map(({ objects }) => objects)),
    notes: renderings.map(({ notes }) => notes),
  };
}

/** The objects of the same file and kind together, in an order in which they can be applied in each environment. */
export function variantsOf(environments: readonly (readonly NamedObject[])[]): readonly ObjectVariants[] {
  const byKey = new Map<string, { file: string; kind: string; objects: (JsonMap | undefined)[] }>();
  const orders = environments.map((objects, environment) =>
    objects.map(({ file, object }) => {
      const kind = String(object["kind"]);
      const key = `${file} ${kind}`;
      const entry = byKey.get(key) ?? { file, kind, objects: environments.map(() => undefined) };
      entry.objects[environment] = object;
      byKey.set(key, entry);
      return key;
    }),
  );
  return inOrder(byKey, orders);
}

/** Each order extends the one before: an object that only a later environment has follows the object before it there. */
function inOrder<Value>(byKey: ReadonlyMap<string, Value>, orders: readonly (readonly string[])[]): readonly Value[] {
  const merged: string[] = [];
  const known = new Set<string>();
  for (const order of orders) {
    let after = 0;
    for (const key of order)
      if (known.has(key)) after = Math.max(after, merged.indexOf(key) + 1);
      else {
        merged.splice(after, 0, key);
        after += 1;
        known.add(key);
      }
  }
  return merged.flatMap((key) => byKey.get(key) ?? []);
}
