import { Lines } from "./lines.js";
import type { Origin } from "./origin.js";
import type { Segment } from "./path.js";

/** Offsets of a key or value in the text, and the environment whose overrides it belongs to. */
export interface Place {
  readonly from: number;
  readonly to: number;
  readonly environment: string | undefined;
}

/** A value with its place. Immutable; an alias shares the tree of its anchor. */
export type Tree = Scalar | Mapping | Sequence;

export interface Scalar {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As the file has it, where that is not how the value is formatted: `True`. */
  readonly written?: string;
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

/** The place of a value that has no text: a platform defined in code. */
export const NOWHERE: Place = { from: -1, to: -1, environment: undefined };

/** Turns offsets into a text into lines and columns of its file. */
export class SourceMap {
  readonly #lines: Lines;
  constructor(
    readonly file: string,
    text: string,
  ) {
    this.#lines = new Lines(text);
  }

  /** Line and column, both from 1; 0 and 0 for `NOWHERE`. */
  position(offset: number): { line: number; column: number } {
    return offset < 0 ? { line: 0, column: 0 } : this.#lines.position(offset);
  }

  origin(place: Place): Origin {
    const { file } = this;
    const { line, column } = this.position(place.from);
    if (place.environment === undefined) return { kind: "file", file, line, column };
    return { kind: "environment", environment: place.environment, file, line, column };
  }
}

/** The tree as plain values without places, for the schema. */
export function plain(tree: Tree): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "sequence") return tree.items.map(plain);
  const object: Record<string, unknown> = {};
  for (const [key, { value }] of tree.entries) object[key] = plain(value);
  return object;
}

/** The value of one key or index. */
export function child(tree: Tree, segment: Segment): Tree | undefined {
  if (tree.kind === "mapping") return tree.entries.get(String(segment))?.value;
  if (tree.kind === "sequence") return tree.items[Number(segment)];
  return undefined;
}

/** The value at a path, or the nearest declared value above it; `exact` is false in that case. */
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

/** A plain value as a tree without places, for a platform defined in code. */
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
