import type { Manifest, StatefulSet } from "../../render/kubernetes/manifest.js";
import type { LiveObject } from "../live-object.js";
import { resizedTemplates, templateSizes } from "./volume-growth.js";

/** What the validation of the API server says about a field that cannot change; other invalid values are not about the live object. */
const IMMUTABLE = /immutable|may not change|updates to .* are forbidden/;

/** Lines that describe what to do about an object that the API server rejects (422) because an immutable field differs. */
export function hintFor(object: Manifest, live: LiveObject | undefined, reason: string): readonly string[] {
  if (!live || !IMMUTABLE.test(reason)) return [];
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
  const before = templateSizes(live);
  const { smaller } = resizedTemplates(object, live);
  if (smaller.length > 0)
    return smaller.map(
      (claim) =>
        `a volume cannot shrink: keep the size of ${claim}, ${before.get(claim)}, or restore a backup into a new store`,
    );
  return [
    "its pods and volumes need not be deleted:",
    `  ${kubectl} delete statefulset ${object.metadata.name} --cascade=orphan   # its pods and volume claims stay`,
    "  keelson deploy …   # creates it again, and it adopts them",
  ];
}
