import type { Manifest } from "../../render/kubernetes/manifest.js";
import type { LiveObject } from "../live-object.js";
import { addedFields } from "./compare.js";
import { ownersOf } from "./field-owner.js";
import { childrenOf, type FieldSet, isMap, keyOf, union, withoutFields } from "./field-set.js";

/**
 * The live object without the fields that others added, and with the rendered ones: what an apply gives after deploy has taken
 * over these fields. The API server may reject the rendered fields beside the added ones: a volume of two types, a privileged
 * container without privilege escalation. Pure.
 */
export function withoutAdditions(rendered: Manifest, live: LiveObject): LiveObject {
  const own = ownersOf(live)
    .filter(({ writer }) => writer === "keelson")
    .reduce<FieldSet>((all, { fields }) => union(all, fields), {});
  const base = withoutFields(live, addedFields(rendered, live, own));
  const merged = overlay(base, rendered, own);
  return { ...live, ...(isMap(merged) ? merged : {}), metadata: { ...live.metadata, ...metadataOf(merged) } };
}

function metadataOf(object: unknown): object {
  const metadata = isMap(object) && isMap(object["metadata"]) ? object["metadata"] : {};
  const { managedFields: _, ...others } = metadata;
  return { ...others, managedFields: undefined };
}

/** Merges as a server-side apply: maps by field, lists by their keys where the API server tracks these, all others as a whole. */
function overlay(base: unknown, rendered: unknown, fields: FieldSet): unknown {
  if (isMap(base) && isMap(rendered)) {
    const merged = Object.entries(rendered).map(([name, value]) => [
      name,
      overlay(base[name], value, fields[`f:${name}`] ?? {}),
    ]);
    return { ...base, ...Object.fromEntries(merged) };
  }
  if (!Array.isArray(base) || !Array.isArray(rendered)) return rendered;
  const keyed = childrenOf(fields).filter(([element]) => element.startsWith("k:"));
  const [first] = keyed;
  if (first === undefined) return rendered;
  const keys = Object.keys(keyOf(first[0]));
  const isSame = (left: unknown, right: unknown) =>
    isMap(left) && isMap(right) && keys.every((key) => left[key] === right[key]);
  const items = rendered.map((item: unknown) => {
    const [, below] = keyed.find(([element]) => isSame(keyOf(element), item)) ?? [];
    return overlay(
      base.find((other: unknown) => isSame(other, item)),
      item,
      below ?? {},
    );
  });
  const others = base.filter((item: unknown) => !rendered.some((own: unknown) => isSame(own, item)));
  return [...items, ...others];
}
