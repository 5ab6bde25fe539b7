import { isJsonMap, type Json, type JsonMap, sameJson } from "../environments/json.js";
import type { ValueName } from "./names.js";

/** A value of the chart: what each environment sets it to. */
export interface ChartValue {
  readonly name: ValueName;
  /** The value of each environment that uses it; undefined where its field is to be omitted. */
  readonly values: ReadonlyMap<number, Json | undefined>;
}

/**
 * The values by default: those of the first environment, and of the first one that uses a value where that does not. A field that is to be
 * omitted is null.
 */
export function defaultValues(values: readonly ChartValue[]): JsonMap {
  return treeOf(values, ({ values: of }) => {
    const [first] = of.values();
    return (of.has(0) ? of.get(0) : first) ?? null;
  });
}

/** What an environment's values file contains: its differences from the defaults. */
export function environmentValues(values: readonly ChartValue[], defaults: JsonMap, environment: number): JsonMap {
  const wanted = treeOf(values, (value) =>
    value.values.has(environment) ? (value.values.get(environment) ?? null) : defaultOf(defaults, value.name),
  );
  return difference(defaults, wanted) ?? {};
}

function treeOf(values: readonly ChartValue[], setting: (value: ChartValue) => Json): JsonMap {
  const tree: Tree = new Map();
  for (const value of values) {
    let at = tree;
    for (const part of value.name.slice(0, -1)) {
      const next = at.get(part);
      const nested: Tree = next instanceof Map ? next : new Map();
      at.set(part, nested);
      at = nested;
    }
    at.set(value.name.at(-1) ?? "", { leaf: setting(value) });
  }
  return plain(tree);
}

type Tree = Map<string, Tree | { readonly leaf: Json }>;

function plain(tree: Tree): JsonMap {
  return Object.fromEntries([...tree].map(([key, node]) => [key, node instanceof Map ? plain(node) : node.leaf]));
}

function defaultOf(defaults: JsonMap, name: ValueName): Json {
  let at: Json | undefined = defaults;
  for (const part of name) at = isJsonMap(at) ? at[part] : undefined;
  return at ?? null;
}

/**
 * The smallest values that change `before` to `after` when Helm merges them: maps are merged key by key, everything else is
 * replaced, and null removes a key (https://helm.sh/docs/chart_template_guide/values_files/#deleting-a-default-key).
 */
function difference(before: JsonMap, after: JsonMap): JsonMap | undefined {
  const fields: [string, Json][] = [];
  for (const [key, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (sameJson(old, value)) continue;
    if (isJsonMap(old) && isJsonMap(value)) {
      const nested = difference(old, value);
      if (nested !== undefined) fields.push([key, nested]);
    } else fields.push([key, value]);
  }
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) fields.push([key, null]);
  return fields.length > 0 ? Object.fromEntries(fields) : undefined;
}
