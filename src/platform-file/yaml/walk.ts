import { isAlias, isMap, isNode, isScalar, isSeq, type Scalar as ParsedScalar, type YAMLMap, type YAMLSeq } from "yaml";
import type { Diagnostic } from "../diagnostic.js";
import { plainScalar } from "../plain-scalar.js";
import { didYouMean } from "../suggest.js";
import type { Entry, Mapping, Place, Scalar, SourceMap, Tree } from "../tree.js";
import { type Problem, problem } from "./problem.js";

/** Maximum nesting of mappings and lists. */
const MAX_DEPTH = 64;
/** Maximum number of values with every alias expanded. */
const MAX_VALUES = 2_000_000;

interface Anchored {
  readonly tree: Tree;
  /** Number of values in it, with its own aliases expanded. */
  readonly values: number;
}

/** Converts the parser's nodes to a tree. An alias shares the tree of its anchor; nothing is expanded. */
export class Walk {
  readonly diagnostics: Diagnostic[] = [];
  /** Duplicate keys. They do not stop the walk, because both values can be checked. */
  readonly duplicates: Diagnostic[] = [];
  readonly #anchors = new Map<string, Anchored | "open">();
  /** Number of values so far, with aliases expanded. */
  #values = 0;
  #tooMany = false;

  constructor(
    readonly source: SourceMap,
    /** Which value of a duplicate key is used. */
    readonly wins: "first" | "last",
  ) {}

  value(node: unknown, depth: number, environment: string | undefined): Tree {
    const where = place(node, environment);
    if (isAlias(node)) return this.#alias(node.source, where);
    this.#count(1, where);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return nothing(where);
    const { anchor } = node;
    if (anchor === undefined) return this.#node(node, where, depth, environment);
    this.#anchors.set(anchor, "open");
    const before = this.#values - 1;
    const tree = this.#node(node, where, depth, environment);
    this.#anchors.set(anchor, { tree, values: this.#values - before });
    return tree;
  }

  #node(node: ParsedScalar | YAMLMap | YAMLSeq, where: Place, depth: number, environment: string | undefined): Tree {
    if (depth > MAX_DEPTH) {
      this.#report(where, {
        code: "yaml/too-deep",
        message: `more than ${MAX_DEPTH} levels of nesting`,
        hint: "reduce the nesting",
      });
      return nothing(where);
    }
    if (isScalar(node)) return this.#scalar(node, where);
    return isSeq(node)
      ? { kind: "sequence", place: where, items: node.items.map((item) => this.value(item, depth + 1, environment)) }
      : this.#mapping(node, where, depth, environment);
  }

  #mapping(node: YAMLMap, where: Place, depth: number, environment: string | undefined): Mapping {
    const entries = new Map<string, Entry>();
    const merged: Mapping[] = [];
    let firstMerge: Place | undefined;
    for (const pair of node.items) {
      const key = this.#key(pair.key, environment);
      if (key === undefined) continue;
      const below = environment ?? (depth === 1 && this.#inEnvironments ? key.name : undefined);
      if (depth === 0) this.#inEnvironments = key.name === "environments";
      const before = this.diagnostics.length;
      const value = this.value(pair.value ?? null, depth + 1, below);
      // The null of `services:` without a value has no place: that of its key is used.
      const located = value.place.to > value.place.from ? value : nothing({ ...key.place, environment: below });
      // An invalid anchor is already reported; that it cannot be merged is not a second error.
      if (key.name === "<<") {
        if (firstMerge) this.#duplicate(key, firstMerge, "merge both with one key: `<<: [*a, *b]`");
        firstMerge ??= key.place;
        merged.push(...(this.diagnostics.length > before ? [] : this.#mergeable(located, key.place)));
      } else this.#enter(entries, key, located, depth);
    }
    for (const { entries: more } of merged)
      for (const [name, entry] of more) if (!entries.has(name)) entries.set(name, entry);
    return { kind: "mapping", place: where, entries };
  }

  /** Whether the walk is below the top-level key `environments`, whose keys are the names of environments. */
  #inEnvironments = false;

  #scalar({ value: source, type, tag }: ParsedScalar, where: Place): Scalar {
    if (tag !== undefined && tag !== "tag:yaml.org,2002:str") {
      this.#report(where, {
        code: "yaml/tag",
        message: `the tag \`${tag}\` is not supported`,
        hint: "write the value without a tag",
      });
      return nothing(where);
    }
    const text = typeof source === "string" ? source : "";
    const value = type === "PLAIN" && tag === undefined ? plainScalar(text) : text;
    const written = typeof value === "boolean" && String(value) !== text ? { written: text } : {};
    return { kind: "scalar", place: where, value, ...written };
  }

  #key(node: unknown, environment: string | undefined): { name: string; place: Place } | undefined {
    const where = place(node, environment);
    const text = isScalar(node) && typeof node.value === "string" ? node.value : "";
    if (text === "" || text === "__proto__") {
      this.#report(where, { code: "yaml/key", message: "a key must be plain text", hint: "quote it, or rename it" });
      return undefined;
    }
    return { name: text, place: where };
  }

  #duplicate({ name, place: at }: { name: string; place: Place }, first: Place, hint: string): void {
    const { line } = this.source.position(first.from);
    const message = `\`${name}\` is a duplicate key, first on line ${line}`;
    const duplicate: Problem = { code: "yaml/duplicate-key", message, hint };
    this.duplicates.push(problem(this.source, at.from, duplicate, Math.max(1, at.to - at.from)));
  }

  #enter(
    entries: Map<string, Entry>,
    { name, place: at }: { name: string; place: Place },
    value: Tree,
    depth: number,
  ): void {
    const before = entries.get(name);
    if (before === undefined) {
      entries.set(name, { key: at, value });
      return;
    }
    const hint = depth === 0 && value.kind === "mapping" ? "put both under one of them" : "keep one of them";
    this.#duplicate({ name, place: at }, before.key, hint);
    const [winner, loser] = this.wins === "first" ? [before.value, value] : [value, before.value];
    // Two top-level groups, such as `services`, are merged, so that references to members of either are valid.
    if (depth === 0 && winner.kind === "mapping" && loser.kind === "mapping") {
      const both: Mapping = { ...winner, entries: new Map([...loser.entries, ...winner.entries]) };
      entries.set(name, { key: before.key, value: both });
    } else entries.set(name, { key: this.wins === "first" ? before.key : at, value: winner });
  }

  #mergeable(tree: Tree, where: Place): Mapping[] {
    if (tree.kind === "mapping") return [tree];
    const each = tree.kind === "sequence" ? tree.items : [];
    const mappings = each.filter((item) => item.kind === "mapping");
    if (each.length === 0 || mappings.length < each.length)
      this.#report(where, { code: "yaml/merge", message: "`<<` merges mappings only", hint: "write `<<: *anchor`" });
    return mappings;
  }

  #alias(name: string, where: Place): Tree {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const hint = didYouMean(name, [...this.#anchors.keys()]) ?? "define an anchor with `&name` before it is used";
      this.#report(where, {
        code: "yaml/unknown-anchor",
        message: `no anchor \`&${name}\` is defined before this`,
        hint,
      });
      return nothing(where);
    }
    if (target === "open") {
      const hint = "an anchor cannot be used inside itself";
      this.#report(where, { code: "yaml/anchor-cycle", message: `\`*${name}\` contains itself`, hint });
      return nothing(where);
    }
    this.#count(target.values, where);
    return target.tree;
  }

  /** Aliases are not expanded here, but later stages visit the shared tree once for each alias. */
  #count(values: number, where: Place): void {
    this.#values += values;
    if (this.#values <= MAX_VALUES || this.#tooMany) return;
    this.#tooMany = true;
    const message = `aliases expand to more than ${MAX_VALUES.toLocaleString("en")} values`;
    this.#report(where, { code: "yaml/alias-bomb", message, hint: "use fewer aliases" });
  }

  #report(where: Place, what: Problem): void {
    this.diagnostics.push(problem(this.source, where.from, what, Math.max(1, where.to - where.from)));
  }
}

function nothing(where: Place): Scalar {
  return { kind: "scalar", place: where, value: null };
}

/** The place of a parsed node. */
function place(node: unknown, environment: string | undefined): Place {
  const range = isNode(node) ? node.range : undefined;
  return { from: range?.[0] ?? -1, to: range?.[1] ?? -1, environment };
}
