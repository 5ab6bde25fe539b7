import type { JsonPath, WantedHoles } from "../environments/common.js";
import { isJsonList, isJsonMap, type Json } from "../environments/json.js";
import type { ObjectVariants } from "../environments/variants.js";
import { OWNERSHIP_LABELS } from "../kubernetes/metadata.js";

/** A value that users of charts expect to set, whether or not the environments differ in it. */
interface Knob {
  /** Path in the object; `*` is any element of a list. */
  readonly path: string;
  /** Name below the element's values; `*` is the name of the element of the list. */
  readonly name: string;
  /** Whether it is offered where no environment has it. */
  readonly optional?: true;
}

const POD = "spec.template.spec";

const POD_KNOBS: readonly Knob[] = [
  { path: "spec.replicas", name: "replicas" },
  { path: "spec.template.metadata.annotations", name: "podAnnotations", optional: true },
  { path: `${POD}.imagePullSecrets`, name: "imagePullSecrets", optional: true },
  { path: `${POD}.nodeSelector`, name: "nodeSelector", optional: true },
  { path: `${POD}.tolerations`, name: "tolerations", optional: true },
  { path: `${POD}.affinity`, name: "affinity", optional: true },
  { path: `${POD}.containers.*.image`, name: "containers.*.image" },
  { path: `${POD}.containers.*.resources`, name: "containers.*.resources" },
];

/** The knobs of a kind of object. */
const KNOBS: Readonly<Record<string, readonly Knob[]>> = {
  Deployment: POD_KNOBS,
  StatefulSet: [
    ...POD_KNOBS,
    { path: "spec.volumeClaimTemplates.*.spec.resources.requests.storage", name: "storage.*.size" },
    { path: "spec.volumeClaimTemplates.*.spec.storageClassName", name: "storage.*.class" },
  ],
  PersistentVolumeClaim: [
    { path: "spec.resources.requests.storage", name: "storage.size" },
    { path: "spec.storageClassName", name: "storage.class" },
  ],
  HorizontalPodAutoscaler: [
    { path: "spec.minReplicas", name: "autoscaling.minReplicas" },
    { path: "spec.maxReplicas", name: "autoscaling.maxReplicas" },
  ],
  Cluster: [
    { path: "spec.instances", name: "replicas" },
    { path: "spec.imageName", name: "image" },
    { path: "spec.resources", name: "resources" },
    { path: "spec.storage.size", name: "storage.size" },
  ],
};

/** The holes that the knobs of an object need. */
export function wantedHoles({ kind }: ObjectVariants): WantedHoles {
  const knobs = KNOBS[kind] ?? [];
  return {
    isHole: (path) => isIdentity(path) || knobs.some((knob) => matches(knob.path, path)),
    optionalKeys: (path) =>
      knobs.flatMap((knob) => {
        const parts = knob.path.split(".");
        return knob.optional && matches(parts.slice(0, -1).join("."), path) ? parts.slice(-1) : [];
      }),
  };
}

/** The name of a hole below the values of its element: that of its knob, or undefined. */
export function knobName(object: ObjectVariants, path: JsonPath): readonly string[] | undefined {
  const knob = (KNOBS[object.kind] ?? []).find((each) => matches(each.path, path));
  if (knob === undefined) return undefined;
  const at = path.findIndex((part) => typeof part === "number");
  const element = at < 0 ? "" : elementName(object, path.slice(0, at + 1));
  return knob.name.split(".").map((part) => (part === "*" ? element : part));
}

const IDENTITY_LABELS: readonly (string | number)[] = ["app.kubernetes.io/instance", OWNERSHIP_LABELS.environment];

/** The namespace of an object, and labels that contain its environment: a release can be installed into another namespace. */
export function isIdentity(path: JsonPath): boolean {
  const [parent, key = ""] = path.slice(-2);
  return (parent === "metadata" && key === "namespace") || (parent === "labels" && IDENTITY_LABELS.includes(key));
}

/** The name of an element of a list: that of its metadata or its field `name`, or else its index. */
export function elementName({ objects }: ObjectVariants, path: JsonPath): string {
  const index = String(path.at(-1));
  for (const object of objects) {
    const element = valueAt(object, path);
    if (!isJsonMap(element)) continue;
    const named = isJsonMap(element["metadata"]) ? element["metadata"] : element;
    if (typeof named["name"] === "string") return named["name"];
  }
  return index;
}

function valueAt(object: Json | undefined, path: JsonPath): Json | undefined {
  let value = object;
  for (const part of path)
    value = isJsonList(value) && typeof part === "number" ? value[part] : isJsonMap(value) ? value[part] : undefined;
  return value;
}

function matches(pattern: string, path: JsonPath): boolean {
  const parts = pattern.split(".");
  return (
    parts.length === path.length &&
    parts.every((part, index) => (part === "*" ? typeof path[index] === "number" : part === path[index]))
  );
}
