import { formatBytes, formatDuration, formatRange, formatRatio, type Range } from "../platform-file/format.js";
import { formatPath, joinPath, parentPath, type Segment } from "../platform-file/path.js";
import { type Mapping, nearest, type SourceMap, type Tree } from "../platform-file/tree.js";
import type { Origin, Path, Plan } from "./plan.js";

/** Where the value at a path came from; for one that is nowhere recorded, where the nearest thing above it came from. */
export function originOf(plan: Pick<Plan, "origins">, path: Path): Origin {
  for (let at: Path | undefined = path; at !== undefined; at = parentPath(at)) {
    const origin = Object.hasOwn(plan.origins, at) ? plan.origins[at] : undefined;
    if (origin) return origin;
  }
  return { kind: "default", why: "it is not written in the file", file: "", line: 0, column: 0 };
}

/** Whether somebody has written the value: in the base, or under the environment. */
export function isWritten(plan: Pick<Plan, "origins">, path: Path): boolean {
  const origin = plan.origins[path];
  return origin !== undefined && origin.kind !== "default";
}

/** Records where every value of a Plan came from while it is made. */
export class ProvenanceRecorder {
  readonly #origins: Record<Path, Origin> = {};

  constructor(
    readonly tree: Mapping,
    readonly source: SourceMap,
  ) {
    this.#written(tree, "", source.origin(tree.place));
  }

  /** Everything that was recorded: what is written, in the order of the file, then the defaults. */
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

  /** A value that is inherited has the origin of what it is inherited from. */
  inherit(path: Path, from: Path): void {
    const origin = this.#origins[from];
    if (origin) this.#origins[path] = origin;
  }

  #written(tree: Tree, path: Path, origin: Origin): void {
    if (path !== "") this.#origins[path] = origin;
    if (tree.kind === "sequence")
      for (const [index, item] of tree.items.entries())
        this.#written(item, joinPath(path, index), this.source.origin(item.place));
    if (tree.kind !== "mapping") return;
    for (const [name, { key, value }] of tree.entries)
      this.#written(value, joinPath(path, name), this.source.origin(value.kind === "scalar" ? value.place : key));
  }
}

/** One element while it is planned: takes what is written, else the default, and remembers why. */
export class Scope {
  readonly path: Path;
  /** Where the element stands, or the nearest written thing above it: the place of its defaults. */
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

  /** The written value, or the default with the reason a careful engineer would give for it. */
  pick<T>(key: Segment, written: T | undefined, fallback: T, why: string, write: (value: T) => string = plainly): T {
    if (written !== undefined) return written;
    const value = fallback === undefined ? "" : write(fallback);
    this.recordDefault(key, why, value === "" ? undefined : value);
    return fallback;
  }

  /** `pick` for milliseconds. */
  duration<T extends number | undefined>(
    key: Segment,
    written: number | undefined,
    fallback: T,
    why: string,
  ): number | T {
    return this.pick<number | T>(key, written, fallback, why, (value) =>
      value === undefined ? "" : formatDuration(value),
    );
  }

  /** `pick` for bytes. */
  bytes(key: Segment, written: number | undefined, fallback: number, why: string): number {
    return this.pick(key, written, fallback, why, formatBytes);
  }

  /** `pick` for a ratio. */
  ratio<T extends number | undefined>(key: Segment, written: number | undefined, fallback: T, why: string): number | T {
    return this.pick<number | T>(key, written, fallback, why, (value) =>
      value === undefined ? "" : formatRatio(value),
    );
  }

  /** `pick` for least and most, each written by `one`. */
  range<T extends Range | undefined>(
    key: Segment,
    written: Range | undefined,
    fallback: T,
    why: string,
    one: (value: number) => string,
  ): Range | T {
    return this.pick<Range | T>(key, written, fallback, why, (value) =>
      value === undefined ? "" : formatRange(value, one),
    );
  }

  /** Records why a value stands that the file does not write. */
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

/** Words, numbers and yes or no as they are written; lists in brackets. */
function plainly(value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(plainly).join(", ")}]`;
  return "";
}
