import { formatPath, joinPath, parentPath, type Segment } from "../spec/path.js";
import { type Mapping, nearest, type SourceMap, type Tree } from "../spec/tree.js";
import type { Origin, Path, Plan } from "./plan.js";

/** Where the value at a path came from; for one that is nowhere recorded, where the nearest thing above it came from. */
export function originOf(plan: Pick<Plan, "origins">, path: Path): Origin {
  for (let at: Path | undefined = path; at !== undefined; at = parentPath(at)) {
    const origin = Object.hasOwn(plan.origins, at) ? plan.origins[at] : undefined;
    if (origin) return origin;
  }
  return { kind: "default", why: "it is not written in the file", file: "", line: 0, column: 0 };
}

/** Records where every value of a Plan came from while it is made. */
export class Ledger {
  readonly #origins: Record<Path, Origin> = {};

  constructor(
    readonly tree: Mapping,
    readonly source: SourceMap,
  ) {
    this.#written(tree, "", source.origin(tree.place));
  }

  /** Everything that was recorded, in the order of the paths' first record. */
  get origins(): Readonly<Record<Path, Origin>> {
    return this.#origins;
  }

  /** The scope of an element: `ledger.at("services", "gateway")`. */
  at(...segments: Segment[]): Scope {
    return new Scope(this, segments);
  }

  isWritten(path: readonly Segment[]): boolean {
    return nearest(this.tree, path).exact;
  }

  default(path: readonly Segment[], why: string): void {
    const { file, line, column } = this.source.origin(nearest(this.tree, path).key);
    this.#origins[formatPath(path)] = { kind: "default", why, file, line, column };
  }

  /** A value that is inherited has the origin of what it is inherited from. */
  inherit(path: readonly Segment[], from: readonly Segment[]): void {
    const origin = this.#origins[formatPath(from)];
    if (origin) this.#origins[formatPath(path)] = origin;
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
  constructor(
    readonly ledger: Ledger,
    readonly segments: readonly Segment[],
  ) {}

  get path(): Path {
    return formatPath(this.segments);
  }

  at(...segments: Segment[]): Scope {
    return new Scope(this.ledger, [...this.segments, ...segments]);
  }

  /** The written value, or the default with the reason a careful engineer would give for it. */
  pick<T>(key: Segment, written: T | undefined, fallback: T, why: string): T {
    if (written !== undefined) return written;
    this.ledger.default([...this.segments, key], why);
    return fallback;
  }

  /** Records why a value stands that the file does not write. */
  because(key: Segment, why: string): void {
    this.ledger.default([...this.segments, key], why);
  }
}
