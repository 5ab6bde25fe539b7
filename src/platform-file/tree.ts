import type { Origin } from "./origin.js";
import type { Segment } from "./path.js";

/** Where something stands: offsets into the text, and the environment whose difference it is part of. */
export interface Place {
  readonly from: number;
  readonly to: number;
  readonly environment: string | undefined;
}

/** A value with its place. Immutable and shared: an alias is the same tree as its anchor. */
export type Tree = Scalar | Mapping | Sequence;

export interface Scalar {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: string | number | boolean | null;
}

export interface Mapping {
  readonly kind: "mapping";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  readonly key: Place;
  readonly value: Tree;
}

export interface Sequence {
  readonly kind: "sequence";
  readonly place: Place;
  readonly items: readonly Tree[];
}

/** The place of something that stands in no text (a platform defined in code). */
export const NOWHERE: Place = { from: -1, to: -1, environment: undefined };

/** Where each line of a text begins, to turn offsets into lines and columns. */
export class SourceMap {
  readonly #starts: number[] = [0];
  constructor(
    readonly file: string,
    text: string,
  ) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  /** Line and column, both from 1; 0 and 0 for a place that is nowhere. */
  position(offset: number): { line: number; column: number } {
    if (offset < 0) return { line: 0, column: 0 };
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }

  origin(place: Place): Origin {
    const { file } = this;
    const { line, column } = this.position(place.from);
    if (place.environment === undefined) return { kind: "file", file, line, column };
    return { kind: "environment", environment: place.environment, file, line, column };
  }
}

/** The tree without its places: what the schema parses. */
export function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "sequence") return tree.items.map(plain);
  const object: Record<string, unknown> = {};
  for (const [key, { value }] of tree.entries) object[key] = plain(value);
  return object;
}

/** One step down. */
export function child(tree: Tree, segment: Segment): Tree | undefined {
  if (tree.kind === "mapping") return tree.entries.get(String(segment))?.value;
  if (tree.kind === "sequence") return tree.items[Number(segment)];
  return undefined;
}

/** The value at a path, or the nearest written thing above it; `exact` tells which. */
export function nearest(tree: Tree, path: readonly Segment[]): { key: Place; value: Tree; exact: boolean } {
  let key = tree.place;
  let value = tree;
  for (const segment of path) {
    if (value.kind === "mapping") {
      const entry = value.entries.get(String(segment));
      if (!entry) return { key, value, exact: false };
      key = entry.key;
      value = entry.value;
    } else {
      const item = child(value, segment);
      if (!item) return { key, value, exact: false };
      key = item.place;
      value = item;
    }
  }
  return { key, value, exact: true };
}

/** A plain value as a tree without places: a platform that was defined in code. */
export function treeOf(value: unknown, environment?: string): Tree {
  const place = environment === undefined ? NOWHERE : { ...NOWHERE, environment };
  if (Array.isArray(value)) return { kind: "sequence", place, items: value.map((item) => treeOf(item, environment)) };
  if (typeof value === "object" && value !== null) {
    const entries = new Map<string, Entry>();
    for (const [key, item] of Object.entries(value))
      if (item !== undefined) entries.set(key, { key: place, value: treeOf(item, environment) });
    return { kind: "mapping", place, entries };
  }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return { kind: "scalar", place, value };
  return { kind: "scalar", place, value: null };
}
