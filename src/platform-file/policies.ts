import { mergeTrees } from "./merge.js";
import { child, type Entry, type Mapping, plain, type Tree } from "./tree.js";

/** The word that removes every objective. */
export const NO_OBJECTIVES = "none";

/** Groups whose members have objectives. */
const GROUPS = ["services", "models", "stores", "entrances"] as const;

/**
 * The settings with named policies written out: `objectives: NAME`, a list of names, or `policy: NAME` beside objectives, which
 * override it. Values keep the place of the policy. A name that no policy has stays, and the references report it. `objectives: none` of
 * the platform removes those of every member too.
 */
export function withPolicies(settings: Mapping): Mapping {
  const declared = child(settings, "policies");
  const policies = declared?.kind === "mapping" ? declared : undefined;
  const own = settings.entries.get("objectives");
  const off = own && isNone(own.value) ? own : undefined;
  const entries = new Map(settings.entries);
  if (own) entries.set("objectives", { ...own, value: expanded(own.value, policies) });
  const entrance = entries.get("entrance");
  if (entrance) entries.set("entrance", withObjectives(entrance, off, policies));
  for (const group of GROUPS) {
    const members = entries.get(group);
    if (members?.value.kind !== "mapping") continue;
    const changed = [...members.value.entries].map(([name, member]): [string, Entry] => [
      name,
      withObjectives(member, off, policies),
    ]);
    entries.set(group, { ...members, value: { ...members.value, entries: new Map(changed) } });
  }
  return { ...settings, entries };
}

/** Keys of a member whose members have objectives, or such members themselves: its volumes, and those of its sidecars. */
const NESTED = ["volumes", "sidecars"] as const;

function withObjectives(member: Entry, off: Entry | undefined, policies: Mapping | undefined): Entry {
  const { value } = member;
  if (value.kind !== "mapping") return member;
  const entries = new Map(value.entries);
  const own = entries.get("objectives");
  if (own) entries.set("objectives", off ?? { ...own, value: expanded(own.value, policies) });
  for (const key of NESTED) {
    const group = entries.get(key);
    if (group?.value.kind !== "mapping") continue;
    const nested = [...group.value.entries].map(([name, each]): [string, Entry] => [
      name,
      withObjectives(each, off, policies),
    ]);
    entries.set(key, { ...group, value: { ...group.value, entries: new Map(nested) } });
  }
  return { ...member, value: { ...value, entries } };
}

function expanded(objectives: Tree, policies: Mapping | undefined): Tree {
  if (objectives.kind !== "mapping") return merged(namesOf(objectives), policies) ?? objectives;
  const policy = objectives.entries.get("policy");
  const base = policy && merged(namesOf(policy.value), policies);
  if (!base) return objectives;
  const entries = new Map(objectives.entries);
  entries.delete("policy");
  return { ...mergeTrees(base, { ...objectives, entries }), place: objectives.place };
}

/** The policies of these names, a later one over the earlier ones; undefined if one of them does not exist. */
function merged(names: readonly string[], policies: Mapping | undefined): Mapping | undefined {
  if (names.length === 0) return undefined;
  const found = names.map((name) => policies && child(policies, name));
  return found.reduce<Mapping | undefined>((all, policy, index) => {
    if (policy?.kind !== "mapping") return undefined;
    return index === 0 ? policy : all && mergeTrees(all, policy);
  }, undefined);
}

function namesOf(tree: Tree): readonly string[] {
  const value = plain(tree);
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === "string");
}

function isNone(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.value === NO_OBJECTIVES;
}
