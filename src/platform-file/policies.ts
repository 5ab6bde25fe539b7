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

function withObjectives(member: Entry, off: Entry | undefined, policies: Mapping | undefined): Entry {
  const { value } = member;
  if (value.kind !== "mapping") return member;
  const own = value.entries.get("objectives");
  if (own === undefined) return member;
  const objectives = off ?? { ...own, value: expanded(own.value, policies) };
  return { ...member, value: { ...value, entries: new Map(value.entries).set("objectives", objectives) } };
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
