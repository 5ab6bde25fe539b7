import { KeelsonError } from "../../errors/keelson-error.js";
import type { Edit } from "../diagnostic.js";
import { parsePath, type Segment } from "../path.js";
import { NO_OBJECTIVES } from "../policies.js";
import { child, type Mapping, nearest, plain, type Tree, treeOf } from "../tree.js";
import { readYaml } from "../yaml/read.js";
import { renameKey, splice } from "./splice.js";

/**
 * Applies edits to the text of a platform file. All other lines stay identical, with their comments, order, quoting and spacing.
 * A value is changed where it is set. With `environment`, a new key goes below its nearest existing parent, in the base or in
 * the overrides of that environment. Throws `edit/impossible`, or `edit/unreadable` for a text with errors.
 */
export function applyEdits(text: string, edits: readonly Edit[], environment?: string): string {
  let edited = text;
  for (const edit of edits) edited = applyEdit(edited, edit, environment);
  return edited;
}

function applyEdit(text: string, edit: Edit, environment: string | undefined): string {
  const before = treeFrom(text);
  const { rename } = edit;
  const { where, value } = besidePolicy(before, place(before, parsePath(edit.path), environment), edit.value);
  const edited = rename === undefined ? splice(text, where, value) : renameKey(text, before, where, rename);
  // The text is edited by offsets, so its meaning is verified: the result must parse to the old value with this one change.
  const expected = rename === undefined ? changed(plain(before), where, value) : renamed(plain(before), where, rename);
  const reading = readYaml("platform.yaml", edited);
  if (!reading.ok || reading.duplicates || canonical(expected) !== canonical(plain(reading.tree)))
    throw new KeelsonError("edit/impossible", `cannot change \`${edit.path}\` automatically in this file`);
  return edited;
}

/** An objective of an element that names policies is set beside them: `objectives: { policy: NAME, rto: 1m }`. */
function besidePolicy(
  tree: Mapping,
  where: readonly Segment[],
  value: unknown,
): { readonly where: readonly Segment[]; readonly value: unknown } {
  const depth = where.indexOf("objectives") + 1;
  const objectives = depth > 0 ? nearest(tree, where.slice(0, depth)) : undefined;
  const names = objectives?.exact && objectives.value.kind !== "mapping" ? plain(objectives.value) : undefined;
  const isPolicy = Array.isArray(names) || (typeof names === "string" && names !== NO_OBJECTIVES);
  if (!isPolicy || value === undefined || where.length <= depth) return { where, value };
  return { where: where.slice(0, depth), value: changed({ policy: names }, where.slice(depth), value) };
}

/** Equal for equal values, regardless of the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function treeFrom(text: string): Mapping {
  const reading = readYaml("platform.yaml", text);
  if (reading.ok && !reading.duplicates) return reading.tree;
  const [first] = reading.ok ? (reading.duplicates?.diagnostics ?? []) : reading.diagnostics;
  throw new KeelsonError("edit/unreadable", `the file cannot be read: ${first?.message ?? "it is not YAML"}`);
}

/** The path of the edit: in the base, or in the overrides of the environment. */
function place(tree: Mapping, path: readonly Segment[], environment: string | undefined): readonly Segment[] {
  if (environment === undefined) return path;
  const prefix = ["environments", environment];
  const overrides = prefix.reduce<Tree | undefined>((at, step) => at && child(at, step), tree);
  if (overrides?.kind !== "mapping") return path;
  const inOverrides = existingDepth(overrides, path);
  return inOverrides > 0 && inOverrides >= existingDepth(tree, path) ? [...prefix, ...path] : path;
}

/** Number of steps of the path that exist in the tree. */
function existingDepth(tree: Tree, path: readonly Segment[]): number {
  let depth = 0;
  while (depth < path.length && nearest(tree, path.slice(0, depth + 1)).exact) depth++;
  return depth;
}

/** A copy of the value with one path set; undefined removes it. */
function changed(value: unknown, path: readonly Segment[], to: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return to;
  if (Array.isArray(value) && typeof step === "number") {
    const next = rest.length === 0 ? to : changed(value[step], rest, to);
    return next === undefined ? value.toSpliced(step, 1) : value.toSpliced(step, 1, next);
  }
  const object: Record<string, unknown> =
    typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  const next = rest.length === 0 ? to : changed(object[step], rest, to);
  if (next === undefined) delete object[step];
  else object[step] = plain(treeOf(next));
  return object;
}

/** A copy of the value with the key at the path renamed. */
function renamed(value: unknown, path: readonly Segment[], name: string): unknown {
  const moved = path.reduce<unknown>(
    (inner, step) =>
      (typeof inner === "object" && inner !== null ? Object.entries(inner) : []).find(
        ([key]) => key === String(step),
      )?.[1],
    value,
  );
  return changed(changed(value, path, undefined), [...path.slice(0, -1), name], moved);
}
