import { KeelsonError } from "../../errors/keelson-error.js";
import type { Patch, Path } from "../../plan/plan.js";
import { fragmentsFor } from "../patch-fragment.js";
import { type MergeKeys, strategicMerge } from "../strategic-merge.js";
import type { Manifest, NamedManifest } from "./manifest.js";

/** By which field the API's own types merge their lists (`patchMergeKey`). */
const mergeKeys: MergeKeys = {
  containers: ["name"],
  env: ["name"],
  hostAliases: ["ip"],
  imagePullSecrets: ["name"],
  initContainers: ["name"],
  ports: ["containerPort", "port"],
  topologySpreadConstraints: ["topologyKey"],
  volumeDevices: ["devicePath"],
  volumeMounts: ["mountPath"],
  volumes: ["name"],
};

type Fragment = { readonly path: Path; readonly fields: Readonly<Record<string, unknown>> };

/**
 * Merges the platform file's fragments for this target into the objects of one unit or store. A fragment names the kind
 * that it is for; without one it is for what runs the pods.
 */
export function applyPatches(patches: readonly Patch[], objects: readonly NamedManifest[]): readonly NamedManifest[] {
  return fragmentsFor("kubernetes", patches).reduce((patched, fragment) => applyFragment(fragment, patched), objects);
}

function applyFragment(fragment: Fragment, objects: readonly NamedManifest[]): readonly NamedManifest[] {
  const wanted = fragment.fields["kind"];
  const isMeant = ({ kind }: Manifest) =>
    wanted === undefined ? kind === "Deployment" || kind === "StatefulSet" : kind === wanted;
  if (!objects.some(({ object }) => isMeant(object)))
    throw new KeelsonError("render/patch-without-object", `${fragment.path}: there is no ${String(wanted)} to patch`, {
      hint: `it consists of: ${objects.map(({ object }) => object.kind).join(", ")}`,
    });
  return objects.map((named) =>
    isMeant(named.object) ? { ...named, object: patched(named.object, fragment) } : named,
  );
}

function patched(object: Manifest, fragment: Fragment): Manifest {
  const merged = strategicMerge({ ...object }, fragment.fields, mergeKeys);
  if (isSameObject(merged, object)) return merged;
  throw new KeelsonError("render/patch-changes-identity", `${fragment.path}: a patch may not rename ${object.kind}`);
}

/** A merged object is still of its kind when its identity is untouched; its fields are the API server's to judge. */
function isSameObject(merged: Readonly<Record<string, unknown>>, object: Manifest): merged is Manifest {
  const { metadata } = merged;
  return (
    merged["apiVersion"] === object.apiVersion &&
    merged["kind"] === object.kind &&
    typeof metadata === "object" &&
    metadata !== null &&
    "name" in metadata &&
    metadata.name === object.metadata.name &&
    ("namespace" in metadata ? metadata.namespace : undefined) === object.metadata.namespace
  );
}
