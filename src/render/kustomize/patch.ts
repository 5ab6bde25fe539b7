import type { JsonPath } from "../environments/common.js";
import { isJsonList, isJsonMap, type Json, type JsonMap, sameJson } from "../environments/json.js";

/** An operation of a JSON patch (RFC 6902). */
export type Operation =
  | { readonly op: "add" | "replace"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string };

/** The operations that change `before` to `after`: maps field by field, lists of the same length item by item, others as a whole. */
export function jsonPatch(before: JsonMap, after: JsonMap): readonly Operation[] {
  return mapOperations(before, after, []);
}

function mapOperations(before: JsonMap, after: JsonMap, path: JsonPath): readonly Operation[] {
  const changed = Object.entries(after).flatMap(([key, value]): readonly Operation[] => {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (old === undefined) return [{ op: "add", path: pointer([...path, key]), value }];
    return valueOperations(old, value, [...path, key]);
  });
  const removed = Object.keys(before).flatMap((key): readonly Operation[] =>
    Object.hasOwn(after, key) ? [] : [{ op: "remove", path: pointer([...path, key]) }],
  );
  return [...changed, ...removed];
}

function valueOperations(before: Json, after: Json, path: JsonPath): readonly Operation[] {
  if (sameJson(before, after)) return [];
  if (isJsonMap(before) && isJsonMap(after)) return mapOperations(before, after, path);
  if (isJsonList(before) && isJsonList(after) && before.length === after.length)
    return before.flatMap((item, index) => valueOperations(item, after[index] ?? null, [...path, index]));
  return [{ op: "replace", path: pointer(path), value: after }];
}

/** RFC 6901. */
function pointer(path: JsonPath): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
