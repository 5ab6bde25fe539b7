import type { Entry, Mapping, Place, Tree } from "./tree.js";

/** A `null` in an environment that had nothing to remove. */
export interface Unremoved {
  readonly key: string;
  readonly place: Place;
  /** Keys that stand there. */
  readonly known: readonly string[];
}

/**
 * An environment's differences over the base: mappings merge key by key, `null` removes, anything else replaces. Both
 * trees stay as they are; what neither touches is shared, and every value keeps its own place.
 */
export function mergeTrees(base: Mapping, difference: Mapping, unremoved: Unremoved[] = []): Mapping {
  const entries = new Map(base.entries);
  for (const [key, entry] of difference.entries) {
    const standing = entries.get(key);
    if (entry.value.kind === "scalar" && entry.value.value === null) {
      if (!entries.delete(key)) unremoved.push({ key, place: entry.key, known: [...base.entries.keys()] });
    } else if (entry.value.kind === "mapping" && standing?.value.kind === "mapping") {
      entries.set(key, { key: standing.key, value: mergeTrees(standing.value, entry.value, unremoved) });
    } else entries.set(key, withoutNulls(entry));
  }
  return { kind: "mapping", place: base.place, entries };
}

/** A mapping that is new in an environment has nothing to remove: a `null` in it means "not this". */
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
