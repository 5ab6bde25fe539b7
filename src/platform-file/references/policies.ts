import { many } from "../one-or-many.js";
import { NO_OBJECTIVES } from "../policies.js";
import type { ObjectivesInput } from "../schema/objectives.js";
import {
  declaredVolumes,
  listedAt,
  type ReferenceContext,
  type ReferenceProblem,
  type SettingPath,
  unknownReference,
} from "./context.js";

/** `objectives` names policies. Those that exist are written out before, so only names without a policy remain. */
export function* checkPolicies(context: ReferenceContext): Iterable<ReferenceProblem> {
  const { settings, workloads } = context;
  const known = Object.keys(settings.policies ?? {});
  const stores = Object.entries(settings.stores ?? {}).map(([name, store]) => ({
    at: ["stores", name],
    objectives: store.objectives,
  }));
  const entrances = [
    ...(settings.entrance ? [{ at: ["entrance"], objectives: settings.entrance.objectives }] : []),
    ...Object.entries(settings.entrances ?? {}).map(([name, { objectives }]) => ({
      at: ["entrances", name],
      objectives,
    })),
  ];
  const members = workloads.map(({ at, workload }) => ({ at, objectives: workload.objectives }));
  const volumes = declaredVolumes(context).map(({ at, volume }) => ({ at, objectives: volume.objectives }));
  const platform = { at: [], objectives: settings.objectives };
  for (const { at, objectives } of [platform, ...members, ...volumes, ...stores, ...entrances])
    for (const { path, name } of namesIn([...at, "objectives"], objectives))
      if (!known.includes(name))
        yield unknownReference(context, path, { kind: "policy", name, known, groups: ["policies"] });
}

function namesIn(
  path: SettingPath,
  objectives: ObjectivesInput | undefined,
): readonly { readonly path: SettingPath; readonly name: string }[] {
  if (objectives === undefined || objectives === NO_OBJECTIVES) return [];
  const isMapping = typeof objectives === "object" && !Array.isArray(objectives);
  const names = isMapping ? objectives.policy : objectives;
  const at = isMapping ? [...path, "policy"] : path;
  return many(names).map((name, index) => ({ path: listedAt(at, index, names), name }));
}
