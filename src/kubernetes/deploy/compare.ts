import type { Manifest } from "../../render/kubernetes/manifest.js";
import type { LiveObject } from "../live-object.js";
import { type FieldOwner, ownersOf } from "./field-owner.js";
import {
  childrenOf,
  covers,
  type FieldPath,
  type FieldSet,
  formatPath,
  indexIn,
  isLeaf,
  isMap,
  keyOf,
  nameOf,
  union,
  valueAt,
  withoutFields,
} from "./field-set.js";

/** Hash of the rendered object: it distinguishes a change of the rendering from a change in the cluster. */
export const RENDERED_ANNOTATION = "keelson.dev/rendered";

/** A field that deploy would change. */
export interface FieldChange {
  /** `.spec.template.spec.containers[name=gateway].image` */
  readonly path: string;
  /** Undefined: the field is absent. */
  readonly before: unknown;
  readonly after: unknown;
  /** The other field manager that wrote the value `before`. */
  readonly owner: string | undefined;
}

export interface FieldConflict extends FieldChange {
  readonly writer: "controller" | "applier";
}

export interface Comparison {
  /** All fields that deploy would change. */
  readonly changes: readonly FieldChange[];
  /** The changes that overwrite a field of a controller or of another owner with server-side apply. */
  readonly conflicts: readonly FieldConflict[];
  /** Fields that were added by hand or, with `force`, by another owner: the rendered object does not contain them. */
  readonly added: readonly FieldPath[];
  /** Containers without an owner and not rendered: a mutating webhook added them, and would add them again. */
  readonly injected: readonly string[];
  /** Metadata of others that delays or causes the deletion of the object, with its owner. */
  readonly held: readonly { readonly path: string; readonly owner: string }[];
  /** The object after the deploy, as far as it can be known before. */
  readonly expected: LiveObject;
}

/**
 * Compares a live object with the result of a forced server-side apply of the rendered object as a dry run. The result of the
 * API server contains its defaults and the fields of controllers, so only what deploy would change differs.
 */
export function compare(rendered: Manifest, live: LiveObject, applied: LiveObject): Comparison {
  const owners = ownersOf(live);
  const ownersAfter = ownersOf(applied);
  const isOwn = ({ writer }: FieldOwner) => writer === "keelson";
  const own = fieldsOf(ownersAfter.filter(isOwn));
  const all = fieldsOf([...owners, ...ownersAfter]);
  const others = owners.filter((owner) => !isOwn(owner));
  const added = addedFields(rendered, live, own);
  const expected = withoutFields(applied, added);
  const isOfWebhook = ({ path, before, after }: Change) =>
    before !== undefined && after !== undefined && valueAt(rendered, path) === undefined && !covers(all, path);
  const differing = fieldChanges(comparable(live), comparable(expected), all, []).filter(
    (change) => !isOfWebhook(change),
  );
  const found = differing.map(({ path, before, after }) => {
    const covering = others.filter(({ fields }) => covers(fields, path));
    const rival = covering.find(({ writer }) => writer === "controller" || writer === "applier");
    return { change: { path: formatPath(path), before, after, owner: (rival ?? covering[0])?.name }, rival };
  });
  return {
    changes: found.map(({ change }) => change),
    conflicts: found.flatMap(({ change, rival }) =>
      rival?.writer === "controller" || rival?.writer === "applier" ? [{ ...change, writer: rival.writer }] : [],
    ),
    added,
    injected: injectedContainers(rendered, applied, all),
    held: others
      .filter(({ writer }) => writer !== "controller")
      .flatMap(({ name, fields }) =>
        DELETION_METADATA.filter((path) => covers(fields, path) && valueAt(live, path) !== undefined).map((path) => ({
          path: formatPath(path),
          owner: name,
        })),
      ),
    expected: { ...applied, ...(isMap(expected) ? expected : {}) },
  };
}

/** The fields of a live object that neither deploy (`own`) nor a controller wrote, of those that deploy is responsible for. */
export function addedFields(rendered: Manifest, live: LiveObject, own: FieldSet): readonly FieldPath[] {
  return ownersOf(live)
    .filter(({ writer }) => writer !== "keelson" && writer !== "controller")
    .flatMap(({ fields }) => additions(fields, own, []))
    .filter((path) => matters(rendered, path) && valueAt(live, path) !== undefined);
}

/** Deploy does not remove these: a finalizer may protect what its owner has yet to delete. */
const DELETION_METADATA: readonly FieldPath[] = [
  ["f:metadata", "f:finalizers"],
  ["f:metadata", "f:ownerReferences"],
];

function fieldsOf(owners: readonly FieldOwner[]): FieldSet {
  return owners.reduce<FieldSet>((all, { fields }) => union(all, fields), {});
}

/** The fields of another owner that are not applied by deploy. */
function additions(foreign: FieldSet, own: FieldSet, path: FieldPath): readonly FieldPath[] {
  return childrenOf(foreign).flatMap(([element, child]) => {
    const ownChild = own[element];
    const here = [...path, element];
    if (ownChild === undefined) {
      const isElement = !element.startsWith("f:");
      return isElement || isLeaf(child) ? [here] : additions(child, {}, here);
    }
    return isLeaf(ownChild) || isLeaf(child) ? [] : additions(child, ownChild, here);
  });
}

/** Annotations of kubectl, of the cluster's controllers and of cloud providers, which they write with various field managers. */
const FOREIGN_ANNOTATION =
  /^f:([\w.-]*\.)?(kubectl\.kubernetes\.io|deployment\.kubernetes\.io|autoscaling\.alpha\.kubernetes\.io|control-plane\.alpha\.kubernetes\.io|cattle\.io|openshift\.io|cloud\.google\.com|gke\.io|eks\.amazonaws\.com)\//;

/** Whether deploy is responsible for a field that it did not write. */
function matters(rendered: Manifest, path: FieldPath): boolean {
  const [root, second] = path;
  if (root === "f:status") return false;
  // Namespaces and priority classes are shared with the administrators of the cluster.
  if (rendered.metadata.namespace === undefined) return false;
  if (root === "f:metadata" && second !== "f:labels" && second !== "f:annotations") return false;
  if (path.at(-2) === "f:annotations" && FOREIGN_ANNOTATION.test(path.at(-1) ?? "")) return false;
  // An autoscaler writes the replicas where none are rendered; without an owner they would become one.
  return !(path.length === 2 && root === "f:spec" && second === "f:replicas");
}

interface Change {
  readonly path: FieldPath;
  readonly before: unknown;
  readonly after: unknown;
}

function fieldChanges(before: unknown, after: unknown, fields: FieldSet, path: FieldPath): readonly Change[] {
  if (isMap(before) && isMap(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) =>
      fieldChanges(before[name], after[name], fields[`f:${name}`] ?? {}, [...path, `f:${name}`]),
    );
  }
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(before, after, fields, path);
  return before === after ? [] : [{ path, before, after }];
}

function listChanges(
  before: readonly unknown[],
  after: readonly unknown[],
  fields: FieldSet,
  path: FieldPath,
): readonly Change[] {
  const name = elementNames(fields);
  const left = before.map(name);
  const right = after.map(name);
  const changes = [...new Set([...left, ...right])].flatMap((element) =>
    fieldChanges(before[left.indexOf(element)], after[right.indexOf(element)], fields[element] ?? {}, [
      ...path,
      element,
    ]),
  );
  if (changes.length > 0 || left.every((element, index) => element === right[index])) return changes;
  return [{ path, before, after }];
}

/** The path element of each list element: by its keys or its value if the API server tracks these, else by its position. */
function elementNames(fields: FieldSet): (item: unknown, index: number) => string {
  const elements = childrenOf(fields).map(([element]) => element);
  const keyed = elements.find((element) => element.startsWith("k:"));
  const keys = keyed === undefined ? [] : Object.keys(keyOf(keyed));
  return (item, index) => {
    if (keys.length > 0 && isMap(item))
      return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, item[key]])))}`;
    if (elements.some((element) => element.startsWith("v:"))) return `v:${JSON.stringify(item)}`;
    return `i:${index}`;
  };
}

/** The fields of a rendered object that the live one lacks or has with another value. For objects that deploy may not apply. */
export function unequalFields(rendered: unknown, live: unknown, path = ""): readonly string[] {
  if (isMap(rendered) && isMap(live))
    return Object.entries(rendered).flatMap(([name, value]) =>
      name === RENDERED_ANNOTATION ? [] : unequalFields(value, live[name], `${path}.${name}`),
    );
  if (isMap(rendered) && Object.keys(rendered).every((name) => name === RENDERED_ANNOTATION)) return [];
  return JSON.stringify(rendered) === JSON.stringify(live) ? [] : [path];
}

const SERVER_METADATA = new Set([
  "managedFields",
  "resourceVersion",
  "generation",
  "uid",
  "creationTimestamp",
  "selfLink",
]);

/** An object without its status and the metadata that the API server writes. */
export function comparable(object: unknown): unknown {
  if (!isMap(object)) return object;
  const { status: _, metadata, ...rest } = object;
  if (!isMap(metadata)) return rest;
  const kept = Object.entries(metadata).filter(([name]) => !SERVER_METADATA.has(name));
  return {
    ...rest,
    metadata: withoutFields(Object.fromEntries(kept), [["f:annotations", `f:${RENDERED_ANNOTATION}`]]),
  };
}

const POD_SPEC: FieldPath = ["f:spec", "f:template", "f:spec"];

function injectedContainers(rendered: Manifest, applied: LiveObject, owned: FieldSet): readonly string[] {
  return ["f:initContainers", "f:containers"].flatMap((list) => {
    const path = [...POD_SPEC, list];
    const containers = valueAt(applied, path);
    if (!Array.isArray(containers)) return [];
    const known = valueAt(rendered, path);
    return containers.flatMap((container: unknown) => {
      const name = isMap(container) ? container["name"] : undefined;
      const element = `k:${JSON.stringify({ name })}`;
      if (typeof name !== "string" || covers(owned, [...path, element])) return [];
      return Array.isArray(known) && indexIn(known, element) >= 0 ? [] : [`${nameOf(list)} ${name}`];
    });
  });
}
