import { formatBytes, formatDuration, formatRange, formatRatio, type Range } from "../platform-file/format.js";
import { formatPath, joinPath, parentPath, type Segment } from "../platform-file/path.js";
import { type Mapping, nearest, type SourceMap, type Tree } from "../platform-file/tree.js";
import type { Origin, Path, Plan } from "./plan.js";

/** The origin of the value at a path; if none is recorded, that of its nearest ancestor. */
export function originOf(plan: Pick<Plan, "origins">, path: Path): Origin {
  for (let at: Path | undefined = path; at !== undefined; at = parentPath(at)) {
    const origin = Object.hasOwn(plan.origins, at) ? plan.origins[at] : undefined;
    if (origin) return origin;
  }
  return { kind: "default", why: "the platform file does not set it", file: "", line: 0, column: 0 };
}

/** Whether the platform file sets the value, in the base or under the environment. */
export function isDeclared(plan: Pick<Plan, "origins">, path: Path): boolean {
  const origin = plan.origins[path];
  return origin !== undefined && origin.kind !== "default";
}

/** Records the provenance of every value of a Plan while the Plan is made. */
export class ProvenanceRecorder {
  readonly #origins: Record<Path, Origin> = {};

  constructor(
    readonly tree: Mapping,
    readonly source: SourceMap,
  ) {
    this.#recordTree(tree, "", source.origin(tree.place));
  }

  /** Everything that was recorded: values of the file in its order, then defaults. */
  get origins(): Readonly<Record<Path, Origin>> {
    return this.#origins;
  }

  /** The scope of an element: `provenance.at("services", "gateway")`. */
  at(...segments: Segment[]): Scope {
    return new Scope(this, segments);
  }

  record(path: Path, origin: Origin): void {
    this.#origins[path] = origin;
  }

  /** An inherited value has the origin of the value that it is inherited from, and its path. */
  inherit(path: Path, from: Path): void {
    const origin = this.#origins[from];
    if (origin) this.#origins[path] = { ...origin, inheritedFrom: from };
  }

  #recordTree(tree: Tree, path: Path, origin: Origin): void {
    if (path !== "") this.#origins[path] = origin;
    if (tree.kind === "sequence")
      for (const [index, item] of tree.items.entries())
        this.#recordTree(item, joinPath(path, index), this.source.origin(item.place));
    if (tree.kind !== "mapping") return;
    for (const [name, { key, value }] of tree.entries)
      this.#recordTree(value, joinPath(path, name), this.source.origin(value.kind === "scalar" ? value.place : key));
  }
}

/** Plans the values of one element: returns the value of the file or the default, and records the reason for a default. */
export class Scope {
  readonly path: Path;
  /** The place of the element in the platform file, or of its nearest ancestor there: the place of its defaults. */
  #place: { readonly file: string; readonly line: number; readonly column: number } | undefined;

  constructor(
    readonly provenance: ProvenanceRecorder,
    readonly segments: readonly Segment[],
  ) {
    this.path = formatPath(segments);
  }

  at(...segments: Segment[]): Scope {
    return new Scope(this.provenance, [...this.segments, ...segments]);
  }

  /** The path of a value of this element. */
  pathOf(...segments: Segment[]): Path {
    return joinPath(this.path, ...segments);
  }

  /** The value of the file, or the default with the reason for it. */
  pick<T>(key: Segment, input: T | undefined, fallback: T, why: string, write: (value: T) => string = plainText): T {
    if (input !== undefined) return input;
    const value = fallback === undefined ? "" : write(fallback);
    this.recordDefault(key, why, value === "" ? undefined : value);
    return fallback;
  }

  /** `pick` for milliseconds. */
  duration<T extends number | undefined>(
    key: Segment,
    input: number | undefined,
    fallback: T,
    why: string,
  ): number | T {
    return this.pick<number | T>(key, input, fallback, why, (value) =>
      value === undefined ? "" : formatDuration(value),
    );
  }

  /** `pick` for bytes. */
  bytes(key: Segment, input: number | undefined, fallback: number, why: string): number {
    return this.pick(key, input, fallback, why, formatBytes);
  }

  /** `pick` for a ratio. */
  ratio<T extends number | undefined>(key: Segment, input: number | undefined, fallback: T, why: string): number | T {
    return this.pick<number | T>(key, input, fallback, why, (value) => (value === undefined ? "" : formatRatio(value)));
  }

  /** `pick` for a minimum and a maximum, each formatted by `one`. */
  range<T extends Range | undefined>(
    key: Segment,
    input: Range | undefined,
    fallback: T,
    why: string,
    one: (value: number) => string,
  ): Range | T {
    return this.pick<Range | T>(key, input, fallback, why, (value) =>
      value === undefined ? "" : formatRange(value, one),
    );
  }

  /** Records the reason for a value that the platform file does not set. */
  recordDefault(key: Segment, why: string, value?: string): void {
    if (!this.#place) {
      const { file, line, column } = this.provenance.source.origin(nearest(this.provenance.tree, this.segments).key);
      this.#place = { file, line, column };
    }
    this.provenance.record(this.pathOf(key), {
      kind: "default",
      why,
      ...(value === undefined ? {} : { value }),
      ...this.#place,
    });
  }
}

/** Strings, numbers and booleans as the file writes them; lists in brackets. */
function plainText(value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(plainText).join(", ")}]`;
  return "";
}
