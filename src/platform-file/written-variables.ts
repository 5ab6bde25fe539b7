import type { Entry, Mapping, Tree } from "./tree.js";

/** Groups whose members are containers with `env`. */
const CONTAINERS = ["services", "models"] as const;

/**
 * The settings with the values of environment variables as the file has them. YAML's `True` is the boolean true, but a variable is a text:
 * a program that compares it with `True` would not recognise `true`.
 */
export function withWrittenVariables(settings: Mapping): Mapping {
  return CONTAINERS.reduce(
    (all, group) => changed(all, group, (members) => eachValue(members, (member) => changed(member, "env", asWritten))),
    settings,
  );
}

function asWritten(variables: Mapping): Mapping {
  return eachValue(variables, (value) =>
    value.kind === "scalar" && value.written !== undefined ? { ...value, value: value.written } : value,
  );
}

/** The mapping with the mapping at `key` changed; the same one if there is none. */
function changed(tree: Mapping, key: string, change: (below: Mapping) => Mapping): Mapping;
function changed(tree: Tree, key: string, change: (below: Mapping) => Mapping): Tree;
function changed(tree: Tree, key: string, change: (below: Mapping) => Mapping): Tree {
  const entry = tree.kind === "mapping" ? tree.entries.get(key) : undefined;
  if (tree.kind !== "mapping" || entry?.value.kind !== "mapping") return tree;
  return { ...tree, entries: new Map(tree.entries).set(key, { ...entry, value: change(entry.value) }) };
}

function eachValue(tree: Mapping, change: (value: Tree) => Tree): Mapping {
  const entries = [...tree.entries].map(([key, entry]): [string, Entry] => [
    key,
    { ...entry, value: change(entry.value) },
  ]);
  return { ...tree, entries: new Map(entries) };
}
