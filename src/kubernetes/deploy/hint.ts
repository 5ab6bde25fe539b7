import type { Manifest, StatefulSet } from "../../render/kubernetes/manifest.js";
import type { LiveObject } from "../live-object.js";
import { valueAt } from "./field-set.js";

/** Lines that describe what to do about an object that the API server rejects because of an immutable field (422). */
export function hintFor(object: Manifest, live: LiveObject | undefined): readonly string[] {
  if (!live) return [];
  const { name, namespace } = object.metadata;
  const kubectl = namespace === undefined ? "kubectl" : `kubectl -n ${namespace}`;
  switch (object.kind) {
    case "StatefulSet":
      return statefulSetHint(object, live, kubectl);
    case "PersistentVolumeClaim":
    case "Cluster":
      return [
        "it contains data, so do not delete it: keep the old value in the platform file, or restore a backup into a new store",
      ];
    case "Deployment":
      return [`${kubectl} delete deployment ${name} stops its pods; the next deploy creates it again`];
    case "Job":
      return [`${kubectl} delete job ${name}; the next deploy runs it again`];
    case "Service":
      return [`${kubectl} delete service ${name} closes its address; the next deploy creates it again`];
    default:
      return [];
  }
}

/** Pods and volume claims stay when a StatefulSet is deleted with `--cascade=orphan`; the new one adopts them. */
function statefulSetHint(object: StatefulSet, live: LiveObject, kubectl: string): readonly string[] {
  const { name } = object.metadata;
  const recreate = [
    `${kubectl} delete statefulset ${name} --cascade=orphan   # its pods and volume claims stay`,
    "keelson deploy …   # creates it again, and it adopts them",
  ];
  const resized = resizedClaims(object, live);
  if (resized.length === 0) return ["its pods and volumes need not be deleted:", ...indented(recreate)];
  const replicas = object.spec?.replicas ?? 1;
  const expansions = resized.flatMap(({ claim, before, after }) =>
    Array.from(
      { length: replicas },
      (_, ordinal) =>
        `${kubectl} patch pvc ${claim}-${name}-${ordinal} -p '{"spec":{"resources":{"requests":{"storage":"${after}"}}}}'   # was ${before}`,
    ),
  );
  return [
    "to grow its volumes (their StorageClass must have allowVolumeExpansion: true; a volume cannot shrink):",
    ...indented([...expansions, ...recreate]),
  ];
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}

interface ResizedClaim {
  readonly claim: string;
  readonly before: string;
  readonly after: string;
}

function resizedClaims(object: StatefulSet, live: LiveObject): readonly ResizedClaim[] {
  const before = claimSizes(live);
  return [...claimSizes(object)].flatMap(([claim, after]) => {
    const old = before.get(claim);
    return old === undefined || old === after ? [] : [{ claim, before: old, after }];
  });
}

function claimSizes(statefulSet: unknown): ReadonlyMap<string, string> {
  const templates = valueAt(statefulSet, ["f:spec", "f:volumeClaimTemplates"]);
  const sizes = new Map<string, string>();
  for (const template of Array.isArray(templates) ? templates : []) {
    const name = valueAt(template, ["f:metadata", "f:name"]);
    const size = valueAt(template, ["f:spec", "f:resources", "f:requests", "f:storage"]);
    if (typeof name === "string" && typeof size === "string") sizes.set(name, size);
  }
  return sizes;
}
