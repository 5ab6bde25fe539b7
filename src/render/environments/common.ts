import { isJsonList, isJsonMap, type Json, type JsonMap, sameJson } from "./json.js";

/** Keys of maps and indices of lists, from the object down to a value. */
export type JsonPath = readonly (string | number)[];

/** A value in one environment: undefined where the map around it exists without it. */
export type Variant = Json | undefined;

/** The values at one place, in the environments in which the map or list around it exists. */
export type VariantsByEnvironment = ReadonlyMap<number, Variant>;

/** What the environments share of an object, with a hole wherever they differ. */
export type Common =
  | { readonly kind: "same"; readonly value: Json }
  | { readonly kind: "map"; readonly fields: readonly (readonly [key: string, value: Common])[] }
  | { readonly kind: "list"; readonly items: readonly Common[] }
  | { readonly kind: "hole"; readonly path: JsonPath; readonly values: VariantsByEnvironment };

/** Where holes are wanted though the environments agree, because users of the result set these values. */
export interface WantedHoles {
  isHole(path: JsonPath): boolean;
  /** The keys of holes in the map at a path that no environment needs to have. */
  optionalKeys(path: JsonPath): readonly string[];
}

/**
 * The least general structure of which every environment's value is an instance (Plotkin's anti-unification, with maps as terms
 * whose fields may be missing).
 */
export function commonOf(values: VariantsByEnvironment, wanted: WantedHoles, path: JsonPath = []): Common {
  const all = [...values.values()];
  const present = all.filter((value) => value !== undefined);
  const [first] = present;
  if (wanted.isHole(path) || first === undefined || present.length < all.length) return { kind: "hole", path, values };
  if (isJsonMap(first) && present.every(isJsonMap)) {
    const keys = new Set([...present.flatMap((map) => Object.keys(map)), ...wanted.optionalKeys(path)]);
    const fields = [...keys].map((key) => {
      const nested = new Map([...values].map(([environment, map]) => [environment, fieldOf(map, key)] as const));
      return [key, commonOf(nested, wanted, [...path, key])] as const;
    });
    return simplified({ kind: "map", fields }, first);
  }
  if (isJsonList(first) && present.every((list) => isJsonList(list) && areParallel(first, list))) {
    const items = first.map((_, index) => {
      const nested = new Map([...values].map(([environment, list]) => [environment, itemOf(list, index)] as const));
      return commonOf(nested, wanted, [...path, index]);
    });
    return simplified({ kind: "list", items }, first);
  }
  return present.every((value) => sameJson(first, value))
    ? { kind: "same", value: first }
    : { kind: "hole", path, values };
}

/** A value without holes is one value. */
function simplified(common: Common, value: Json): Common {
  const parts =
    common.kind === "map" ? common.fields.map(([, field]) => field) : common.kind === "list" ? common.items : [];
  return parts.every(({ kind }) => kind === "same") ? { kind: "same", value } : common;
}

/** Lists whose items correspond by their index: of the same length, with the same names where they have names. */
function areParallel(left: readonly Json[], right: readonly Json[]): boolean {
  return left.length === right.length && left.every((item, index) => identityOf(item) === identityOf(right[index]));
}

/** What distinguishes the items of a list of Kubernetes. Items without such a field are distinguished by their kind of data. */
function identityOf(item: Json | undefined): string {
  if (!isJsonMap(item)) return isJsonList(item) ? "list" : "scalar";
  const key = ["name", "key", "mountPath", "containerPort", "topologyKey"].find(
    (each) => typeof item[each] === "string",
  );
  return key === undefined ? "map" : `${key} ${String(item[key])}`;
}

function fieldOf(map: Variant, key: string): Variant {
  return isJsonMap(map) && Object.hasOwn(map, key) ? map[key] : undefined;
}

function itemOf(list: Variant, index: number): Variant {
  return isJsonList(list) ? list[index] : undefined;
}

/** The instance of a common structure in one environment. Undefined where the hole at its root has no value there. */
export function instanceOf(common: Common, environment: number): Json | undefined {
  switch (common.kind) {
    case "same":
      return common.value;
    case "hole":
      return common.values.get(environment);
    case "list":
      return common.items.flatMap((item) => instanceOf(item, environment) ?? []);
    case "map": {
      const fields: [string, Json][] = [];
      for (const [key, field] of common.fields) {
        const value = instanceOf(field, environment);
        if (value !== undefined) fields.push([key, value]);
      }
      return Object.fromEntries(fields) satisfies JsonMap;
    }
  }
}
