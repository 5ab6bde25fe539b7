import { spelledOut } from "./shorthand.js";
import type { Entry, Mapping, Place, Tree } from "./tree.js";

/** A `null` in an environment for a key that the base does not set. */
export interface Unremoved {
  readonly key: string;
  readonly place: Place;
  /** Keys that the base sets there. */
  readonly known: readonly string[];
}

/**
 * Merges the overrides of an environment over the base: mappings merge key by key, `null` removes a key, any other value
 * replaces. A mapping merges with what an abbreviated value stands for: `rto: { zone-loss: 1h }` keeps the default of `rto: 15m`.
 * The inputs are not changed; unaffected values are shared, and every value retains its place.
 */
export function mergeTrees(base: Mapping, overrides: Mapping, unremoved: Unremoved[] = []): Mapping {
  const entries = new Map(base.entries);
  for (const [key, entry] of overrides.entries) {
    const existing = entries.get(key);
    if (entry.value.kind === "scalar" && entry.value.value === null) {
      if (!entries.delete(key)) unremoved.push({ key, place: entry.key, known: [...base.entries.keys()] });
      continue;
    }
    const under = existing && (existing.value.kind === "mapping" ? existing.value : spelledOut(key, existing.value));
    if (existing && under && entry.value.kind === "mapping") {
      entries.set(key, { key: existing.key, value: mergeTrees(under, entry.value, unremoved) });
    } else entries.set(key, withoutNulls(entry));
  }
  return { kind: "mapping", place: base.place, entries };
}

/** A mapping that only the environment sets: its `null` values remove nothing and are dropped. */
function withoutNulls(entry: Entry): Entry {
  const { value } = entry;
  return value.kind === "mapping" ? { key: entry.key, value: pruned(value) } : entry;
}

function pruned(mapping: Mapping): Tree {
  const entries = new Map<string, Entry>();
  for (const [key, entry] of mapping.entries)
    if (entry.value.kind !== "scalar" || entry.value.value !== null) entries.set(key, withoutNulls(entry));
  return { kind: "mapping", place: mapping.place, entries };
}
