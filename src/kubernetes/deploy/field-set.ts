import { z } from "zod";

/**
 * A set of fields in the form of `fieldsV1` in `metadata.managedFields` (structured-merge-diff, `fieldpath`): `f:NAME` is a
 * field of a map, `k:{…}` the element of a list with these key fields, `v:VALUE` an element of a set, and `.` the node itself.
 * A node without children is a leaf: a scalar, or a list or map that is owned as a whole (`atomic`).
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

export const FieldSet: z.ZodType<FieldSet> = z.lazy(() => z.record(z.string(), FieldSet));

/** The path elements from the root of an object to one field. */
export type FieldPath = readonly string[];

const SELF = ".";

export function childrenOf(set: FieldSet): readonly (readonly [element: string, child: FieldSet])[] {
  return Object.entries(set).filter(([element]) => element !== SELF);
}

export function isLeaf(set: FieldSet): boolean {
  return Object.keys(set).length === 0;
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = { ...left };
  for (const [element, child] of Object.entries(right)) result[element] = union(result[element] ?? {}, child);
  return result;
}

/** The set without these fields and all fields below them. */
export function without(set: FieldSet, paths: readonly FieldPath[]): FieldSet {
  return paths.reduce<FieldSet>((rest, path) => withoutPath(rest, path), set);
}

function withoutPath(set: FieldSet, [first, ...rest]: FieldPath): FieldSet {
  const child = first === undefined ? undefined : set[first];
  if (first === undefined || child === undefined) return set;
  const { [first]: _, ...others } = set;
  const left = rest.length === 0 ? {} : withoutPath(child, rest);
  // A node that is left without fields below it is released too.
  return childrenOf(left).length === 0 ? others : { ...others, [first]: left };
}

/** The part of the set at these fields and below them. */
export function intersection(set: FieldSet, paths: readonly FieldPath[]): FieldSet {
  return paths.reduce<FieldSet>((result, path) => union(result, part(set, path)), {});
}

function part(set: FieldSet, [first, ...rest]: FieldPath): FieldSet {
  if (first === undefined) return set;
  const child = set[first];
  return child === undefined ? {} : { [first]: part(child, rest) };
}

/** Whether the set contains a field, a field below it, or a list or map that owns it as a whole. */
export function covers(set: FieldSet, [first, ...rest]: FieldPath): boolean {
  if (first === undefined || isLeaf(set)) return true;
  const child = set[first];
  return child !== undefined && covers(child, rest);
}

/** A path as messages show it: `.spec.template.spec.containers[name=gateway].env[name=FOO]`. */
export function formatPath(path: FieldPath): string {
  return path.map(formatElement).join("");
}

function formatElement(element: string): string {
  const text = element.slice(2);
  if (element.startsWith("f:")) return /^[\w-]+$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
  if (element.startsWith("k:")) {
    const key = keyOf(element);
    return `[${Object.entries(key)
      .map(([name, value]) => `${name}=${String(value)}`)
      .join(",")}]`;
  }
  return `[${text}]`;
}

const Key = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** The key fields of a list element. */
export function keyOf(element: string): z.infer<typeof Key> {
  return Key.parse(JSON.parse(element.slice(2)));
}

/** The name of a map's field. */
export function nameOf(element: string): string {
  return element.slice(2);
}

/** The value at a path; undefined if there is none. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((current, element) => childValue(current, element), value);
}

function childValue(value: unknown, element: string): unknown {
  if (element.startsWith("f:")) return isMap(value) ? value[nameOf(element)] : undefined;
  if (!Array.isArray(value)) return undefined;
  const index = indexIn(value, element);
  return index < 0 ? undefined : value[index];
}

/** Position of the list element that a path element names; -1 if there is none. */
export function indexIn(list: readonly unknown[], element: string): number {
  if (element.startsWith("i:")) return Number(element.slice(2));
  if (element.startsWith("v:")) {
    const wanted: unknown = JSON.parse(element.slice(2));
    return list.indexOf(wanted);
  }
  const key = Object.entries(keyOf(element));
  return list.findIndex((item) => isMap(item) && key.every(([name, value]) => item[name] === value));
}

/** A copy of a value without the fields at these paths. Maps and lists that become empty are removed too. */
export function withoutFields(value: unknown, paths: readonly FieldPath[]): unknown {
  return paths.reduce<unknown>((rest, path) => withoutField(rest, path), value);
}

function withoutField(value: unknown, [first, ...rest]: FieldPath): unknown {
  if (first === undefined) return undefined;
  if (Array.isArray(value)) {
    const index = indexIn(value, first);
    if (index < 0) return value;
    const left = withoutField(value[index], rest);
    const list: readonly unknown[] = value;
    const items = left === undefined ? list.toSpliced(index, 1) : list.with(index, left);
    return items.length === 0 ? undefined : items;
  }
  if (!isMap(value) || !first.startsWith("f:")) return value;
  const name = nameOf(first);
  if (!Object.hasOwn(value, name)) return value;
  const { [name]: child, ...others } = value;
  const left = withoutField(child, rest);
  const result = left === undefined ? others : { ...others, [name]: left };
  return Object.keys(result).length === 0 ? undefined : result;
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
