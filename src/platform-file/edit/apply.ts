import { KeelsonError } from "../../errors/keelson-error.js";
import type { ScopedEdit } from "../diagnostic.js";
import type { Path } from "../origin.js";
import { parsePath, type Segment } from "../path.js";
import { NO_OBJECTIVES } from "../policies.js";
import { child, type Mapping, nearest, plain, type Tree, treeOf } from "../tree.js";
import { readYaml } from "../yaml/read.js";
import { documentOf, renameKey, splice } from "./splice.js";
import { conflicts, type TextChange, withChanges } from "./text-change.js";

/**
 * Applies edits, in their order, to the text of a platform file. All other lines stay identical, with their comments, order,
 * quoting and spacing. A value is changed where it is set. In an environment, a new key goes below its nearest existing parent, in
 * the base or in the overrides of that environment. Edits of different places are applied together: the text is parsed once for all
 * of them. Throws `edit/impossible`, or `edit/unreadable` for a text with errors.
 */
export function applyEdits(text: string, edits: readonly ScopedEdit[]): string {
  let edited = text;
  for (let left = edits; left.length > 0; ) {
    const next = applyTogether(edited, left);
    edited = next.text;
    left = next.later;
  }
  return edited;
}

/** Applies the first edit and those after it that can be made with it; `later` are the others. */
function applyTogether(text: string, edits: readonly ScopedEdit[]): EditedText {
  const before = treeFrom(text);
  const document = documentOf(text);
  const chosen: ResolvedEdit[] = [];
  const elements = new Set<string>();
  const later: ScopedEdit[] = [];
  for (const edit of edits) {
    // An earlier edit of the element may create the keys of a later one.
    const element = elementOf(edit.path);
    const next = elements.has(element) || elements.has("") ? undefined : resolved(text, before, document, edit);
    const isFirst = chosen.length === 0 && later.length === 0;
    elements.add(element);
    if (next && (isFirst || (element !== "" && !chosen.some(({ change }) => isConflict(change, next.change)))))
      chosen.push(next);
    else later.push(edit);
  }
  const result = withChanges(
    text,
    chosen.flatMap(({ change }) => change ?? []),
  );
  // The text is edited by offsets, so its meaning is verified: the result must parse to the old value with these changes.
  const expected = chosen.reduce((value, { expect }) => expect(value), plain(before));
  const reading = readYaml("platform.yaml", result);
  if (reading.ok && !reading.duplicates && canonical(expected) === canonical(plain(reading.tree)))
    return { text: result, later };
  const [first, ...others] = edits;
  if (chosen.length > 1 && first) return { text: applyTogether(text, [first]).text, later: others };
  throw new KeelsonError("edit/impossible", `cannot change \`${first?.path ?? ""}\` automatically in this file`);
}

interface EditedText {
  readonly text: string;
  /** The edits that were not applied. */
  readonly later: readonly ScopedEdit[];
}

/** What an edit changes of the text, and what it makes of the meaning of the text. */
interface ResolvedEdit {
  readonly change: TextChange | undefined;
  readonly expect: (value: unknown) => unknown;
}

function resolved(
  text: string,
  before: Mapping,
  document: ReturnType<typeof documentOf>,
  edit: ScopedEdit,
): ResolvedEdit {
  const { rename } = edit;
  const { where, value } = besidePolicy(before, place(before, parsePath(edit.path), edit.environment), edit.value);
  return rename === undefined
    ? { change: splice(text, document, where, value), expect: (from) => changed(from, where, value) }
    : { change: renameKey(before, where, rename), expect: (from) => renamed(from, where, rename) };
}

function isConflict(a: TextChange | undefined, b: TextChange | undefined): boolean {
  return a !== undefined && b !== undefined && conflicts(a, b);
}

/** The element that a path belongs to, in the base or in an environment: `services.web`. Empty for a path to more than one. */
function elementOf(path: Path): string {
  const steps = parsePath(path);
  const inBase = steps[0] === "environments" ? steps.slice(2) : steps;
  return inBase.length < 2 ? "" : inBase.slice(0, 2).join("\n");
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
  if (inOverrides === 0) return path;
  // A list of the environment replaces the one of the base, however many elements that has.
  const isList = nearest(overrides, path.slice(0, inOverrides)).value.kind === "sequence";
  return isList || inOverrides >= existingDepth(tree, path) ? [...prefix, ...path] : path;
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
  // Nothing is below it that could be removed.
  if (to === undefined && (typeof value !== "object" || value === null)) return value;
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
