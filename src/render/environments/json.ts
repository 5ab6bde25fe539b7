/** Data of JSON and YAML. */
export type Json = null | boolean | number | string | readonly Json[] | JsonMap;
export type JsonMap = { readonly [key: string]: Json };

/** The data of an object: without fields that are undefined. Throws a `TypeError` for what JSON cannot express. */
export function jsonOf(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === "object") return jsonMapOf(value);
  throw new TypeError(`${typeof value} is no data`);
}

/** As `jsonOf`, for an object. */
export function jsonMapOf(value: object): JsonMap {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, jsonOf(field)]));
}

export function isJsonMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !isJsonList(value);
}

export function isJsonList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether two values are equal. The order of the keys of a map does not matter. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (isJsonList(left))
    return (
      isJsonList(right) && left.length === right.length && left.every((item, index) => sameJson(item, right[index]))
    );
  if (!isJsonMap(left) || !isJsonMap(right)) return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
  );
}

/** Every key and string in a value. */
export function textsIn(value: Json): readonly string[] {
  if (typeof value === "string") return [value];
  if (isJsonList(value)) return value.flatMap(textsIn);
  return isJsonMap(value) ? Object.entries(value).flatMap(([key, field]) => [key, ...textsIn(field)]) : [];
}
