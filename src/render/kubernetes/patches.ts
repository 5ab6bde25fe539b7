import { KeelsonError } from "../../errors/keelson-error.js";
import type { Patch, Path } from "../../plan/plan.js";
import { fragmentsFor } from "../patch-fragment.js";
import { type MergeKeys, strategicMerge } from "../strategic-merge.js";
import type { Manifest, NamedManifest } from "./manifest.js";

/** The merge key of each list, from `patchMergeKey` of the Kubernetes API types. */
const MERGE_KEYS: MergeKeys = {
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
 * Merges the patches of the platform file for this target into the objects of one unit or store. `kind` in a patch selects
 * the objects; by default a patch applies to the Deployment or StatefulSet. Throws `render/patch-without-object` and
 * `render/patch-changes-identity`.
 */
export function applyPatches(patches: readonly Patch[], objects: readonly NamedManifest[]): readonly NamedManifest[] {
  return fragmentsFor("kubernetes", patches).reduce(
    (withPatch, fragment) => applyFragment(fragment, withPatch),
    objects,
  );
}

function applyFragment(fragment: Fragment, objects: readonly NamedManifest[]): readonly NamedManifest[] {
  const kindOfPatch = fragment.fields["kind"];
  const isSelected = ({ kind }: Manifest) =>
    kindOfPatch === undefined ? kind === "Deployment" || kind === "StatefulSet" : kind === kindOfPatch;
  if (!objects.some(({ object }) => isSelected(object)))
    throw new KeelsonError(
      "render/patch-without-object",
      `${fragment.path}: there is no ${String(kindOfPatch ?? "Deployment or StatefulSet")} to patch`,
      {
        hint: `objects that can be withPatch: ${objects.map(({ object }) => object.kind).join(", ")}`,
      },
    );
  return objects.map((named) =>
    isSelected(named.object) ? { ...named, object: withPatch(named.object, fragment) } : named,
  );
}

function withPatch(object: Manifest, fragment: Fragment): Manifest {
  const merged = strategicMerge({ ...object }, fragment.fields, MERGE_KEYS);
  if (isSameObject(merged, object)) return merged;
  throw new KeelsonError(
    "render/patch-changes-identity",
    `${fragment.path}: a patch cannot change the apiVersion, name or namespace of ${object.kind} ${object.metadata.name}`,
  );
}

/** Whether the patch preserved the identity of the object. The API server validates the other fields. */
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
