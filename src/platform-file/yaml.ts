import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Scalar as ParsedScalar,
  parseAllDocuments,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { ErrorCode } from "../errors/catalogue.js";
import { messageOf } from "../errors/thrown.js";
import type { Diagnostic } from "./diagnostic.js";
import { plainScalar } from "./plain-scalar.js";
import { didYouMean } from "./suggest.js";
import { type Entry, type Mapping, type Place, type Scalar, SourceMap, type Tree } from "./tree.js";

/** Longest platform file read, in characters: ten thousand services take about three million. */
export const LARGEST_FILE = 8 * 1024 * 1024;
/** Deepest nesting read. */
const DEEPEST = 64;
/** Most values a file may come to once every alias is put in its place. */
const MOST_VALUES = 2_000_000;

export type YamlReading =
  | {
      readonly ok: true;
      /** Of a key that is written twice, the first value. */
      readonly tree: Mapping;
      readonly source: SourceMap;
      /** Keys that are written twice, and the tree with their last values: the rest of the file can be read all the same. */
      readonly duplicates: { readonly diagnostics: readonly Diagnostic[]; readonly last: Mapping } | undefined;
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly source: SourceMap };

/**
 * Reads one YAML document into a tree of values with places. Never throws: whatever is wrong with the text (syntax,
 * tabs, duplicate keys, unknown or circular anchors, aliases that multiply, several documents, an empty file) is a
 * diagnostic.
 */
export function readYaml(file: string, text: string): YamlReading {
  const source = new SourceMap(file, text.length > LARGEST_FILE ? "" : text);
  const refusal = refuseText(text);
  if (refusal) return { ok: false, diagnostics: [problem(source, refusal.at, refusal)], source };
  let documents: readonly Document.Parsed[];
  try {
    // Scalars stay text and keys are not compared with each other: the walk below does both, in linear time.
    const options = { schema: "failsafe", prettyErrors: false, uniqueKeys: false, logLevel: "silent" } as const;
    const parsed = parseAllDocuments(text, options);
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    // The parser recurses, so that the stack ends before the nesting of a hostile file does.
    return { ok: false, diagnostics: [problem(source, 0, parserFailure(error))], source };
  }
  const [document, second] = documents;
  const { contents } = document ?? {};
  const blank = !contents || (isScalar(contents) && contents.source === "" && contents.type === "PLAIN");
  if (blank && !second && (document?.errors.length ?? 0) === 0) {
    const empty: Problem = {
      code: "yaml/empty",
      message: "the file says nothing",
      hint: "start with `platform: NAME`",
    };
    return { ok: false, diagnostics: [problem(source, 0, empty)], source };
  }
  const errors = distinctProblems(
    documents.flatMap(({ errors }) => errors).map((error) => syntaxProblem(source, error)),
  );
  if (second) {
    const several: Problem = {
      code: "yaml/documents",
      message: "the file holds several YAML documents",
      hint: "keep one platform to a file, and remove the `---` between them",
    };
    errors.push(problem(source, second.range[0], several));
  }
  if (!document?.contents || errors.length > 0) return { ok: false, diagnostics: errors, source };
  const walk = new Walk(source, "first");
  const tree = walk.value(document.contents, 0, undefined);
  if (walk.diagnostics.length > 0) return { ok: false, diagnostics: [...walk.diagnostics, ...walk.duplicates], source };
  if (tree.kind !== "mapping") {
    const shape: Problem = {
      code: "yaml/not-a-mapping",
      message: `a platform file is a mapping of keys to values, this is ${tree.kind === "scalar" ? "one value" : "a list"}`,
      hint: "start with `platform: NAME`",
    };
    return { ok: false, diagnostics: [problem(source, tree.place.from, shape)], source };
  }
  if (walk.duplicates.length === 0) return { ok: true, tree, source, duplicates: undefined };
  const other = new Walk(source, "last").value(document.contents, 0, undefined);
  const last = other.kind === "mapping" ? other : tree;
  return { ok: true, tree, source, duplicates: { diagnostics: walk.duplicates, last } };
}

interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

function problem(source: SourceMap, at: number, { code, message, hint }: Problem, length?: number): Diagnostic {
  const origin = source.origin({ from: at, to: at, environment: undefined });
  return { code, severity: "error", message, origin, hint, length };
}

function refuseText(text: string): (Problem & { at: number }) | undefined {
  if (text.length > LARGEST_FILE) {
    const size = `${(text.length / 1024 / 1024).toFixed(1)} MiB`;
    const message = `the file is too large to be a platform file: ${size}, at most ${LARGEST_FILE / 1024 / 1024} MiB`;
    return { at: 0, code: "file/too-large", message, hint: "is this the right file?" };
  }
  const binary = text.indexOf("\u0000");
  if (binary >= 0)
    return { at: binary, code: "file/binary", message: "the file is not text", hint: "a platform file is UTF-8 YAML" };
  return undefined;
}

function parserFailure(error: unknown): Problem {
  if (error instanceof RangeError)
    return { code: "yaml/too-deep", message: "the file nests too deeply to be read", hint: "flatten it" };
  return { code: "yaml/syntax", message: messageOf(error) };
}

function syntaxProblem(source: SourceMap, { code, message, pos }: YAMLError): Diagnostic {
  const [at] = pos;
  if (code === "TAB_AS_INDENT")
    return problem(source, at, {
      code: "yaml/tab",
      message: "YAML is indented by spaces, not tabs",
      hint: "use two spaces",
    });
  if (code === "RESOURCE_EXHAUSTION")
    return problem(source, at, {
      code: "yaml/too-deep",
      message: "the file nests too deeply to be read",
      hint: "flatten it",
    });
  const said = message.charAt(0).toLowerCase() + message.slice(1);
  const hint = SYNTAX_HINTS.get(code);
  return problem(source, at, { code: "yaml/syntax", message: said, ...(hint === undefined ? {} : { hint }) });
}

/** What to do about the parser's complaints that people meet most, by its code. */
const SYNTAX_HINTS: ReadonlyMap<string, string> = new Map([
  ["BAD_INDENT", "give lines that belong together the same number of spaces, and close every `{` and `[`"],
  ["MISSING_CHAR", "close every `{`, `[` and quote that is opened, and put a comma between what stands in them"],
  ["IMPLICIT_KEY", "put a space behind the colon, or quote the text"],
  ["BLOCK_AS_IMPLICIT_KEY", "put nested keys on lines of their own, or inside `{ }`"],
  ["MULTILINE_IMPLICIT_KEY", "is a colon missing behind the key?"],
  ["KEY_OVER_1024_CHARS", "a key is a short word: is a line break missing?"],
  ["BAD_SCALAR_START", "quote text that begins with a special character"],
  ["UNEXPECTED_TOKEN", "quote text that has special characters in it"],
  ["MISSING_ANCHOR", "give the anchor a name: `&name`"],
]);

/** The parser complains of an unclosed brace once for each that is open at the same place. */
function distinctProblems(problems: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return problems.filter(({ origin, message }) => {
    const key = `${origin.line}:${origin.column} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

interface Anchored {
  readonly tree: Tree;
  readonly values: number;
}

/** Turns the parser's nodes into a tree; aliases share the tree of their anchor, so that nothing is ever expanded. */
class Walk {
  readonly diagnostics: Diagnostic[] = [];
  /** Keys that are written twice: told beside everything else, because both values can be read. */
  readonly duplicates: Diagnostic[] = [];
  readonly #anchors = new Map<string, Anchored | "open">();
  /** Values so far, each alias counted as what it stands for. */
  #values = 0;
  #tooMany = false;

  constructor(
    readonly source: SourceMap,
    /** Which value of a key that is written twice is taken. */
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
    if (depth > DEEPEST) {
      this.#report(where, {
        code: "yaml/too-deep",
        message: `more than ${DEEPEST} levels of nesting`,
        hint: "flatten it",
      });
      return nothing(where);
    }
    if (isScalar(node)) return { kind: "scalar", place: where, value: this.#scalar(node, where) };
    return isSeq(node)
      ? { kind: "sequence", place: where, items: node.items.map((item) => this.value(item, depth + 1, environment)) }
      : this.#mapping(node, where, depth, environment);
  }

  #mapping(node: YAMLMap, where: Place, depth: number, environment: string | undefined): Mapping {
    const entries = new Map<string, Entry>();
    const merged: Mapping[] = [];
    for (const pair of node.items) {
      const key = this.#key(pair.key, environment);
      if (key === undefined) continue;
      const below = environment ?? (depth === 1 && this.#inEnvironments ? key.name : undefined);
      if (depth === 0) this.#inEnvironments = key.name === "environments";
      const told = this.diagnostics.length;
      const value = this.value(pair.value ?? null, depth + 1, below);
      // `services:` with nothing behind it stands nowhere: its key tells the place.
      const standing = value.place.to > value.place.from ? value : nothing({ ...key.place, environment: below });
      // An anchor gone wrong was told already; that nothing can be merged then is no error of its own.
      if (key.name === "<<")
        merged.push(...(this.diagnostics.length > told ? [] : this.#mergeable(standing, key.place)));
      else this.#enter(entries, key, standing, depth);
    }
    for (const { entries: more } of merged)
      for (const [name, entry] of more) if (!entries.has(name)) entries.set(name, entry);
    return { kind: "mapping", place: where, entries };
  }

  /** The walk is under the top-level key `environments`, whose keys name the differences below them. */
  #inEnvironments = false;

  #scalar({ value, type, tag }: ParsedScalar, where: Place): Scalar["value"] {
    if (tag !== undefined && tag !== "tag:yaml.org,2002:str") {
      this.#report(where, {
        code: "yaml/tag",
        message: `tags such as \`${tag}\` have no meaning here`,
        hint: "write the plain value",
      });
      return null;
    }
    const text = typeof value === "string" ? value : "";
    return type === "PLAIN" && tag === undefined ? plainScalar(text) : text;
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
    const { line } = this.source.position(before.key.from);
    const hint = depth === 0 && value.kind === "mapping" ? "put both under one of them" : "keep one of them";
    const message = `\`${name}\` is written twice, first on line ${line}`;
    const duplicate: Problem = { code: "yaml/duplicate-key", message, hint };
    this.duplicates.push(problem(this.source, at.from, duplicate, Math.max(1, at.to - at.from)));
    const [winner, loser] = this.wins === "first" ? [before.value, value] : [value, before.value];
    // Two groups of services are all the services: what calls one of them is no error of its own.
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
      const hint = didYouMean(name, [...this.#anchors.keys()]) ?? "name an anchor with `&name` before it is used";
      this.#report(where, { code: "yaml/unknown-anchor", message: `no anchor \`&${name}\` stands before this`, hint });
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

  /** What an alias stands for is never expanded here, but what comes after reads it once for each alias. */
  #count(values: number, where: Place): void {
    this.#values += values;
    if (this.#values <= MOST_VALUES || this.#tooMany) return;
    this.#tooMany = true;
    const message = `aliases multiply this to more than ${MOST_VALUES.toLocaleString("en")} values`;
    this.#report(where, { code: "yaml/alias-bomb", message, hint: "write out what is meant" });
  }

  #report(where: Place, what: Problem): void {
    this.diagnostics.push(problem(this.source, where.from, what, Math.max(1, where.to - where.from)));
  }
}

function nothing(where: Place): Scalar {
  return { kind: "scalar", place: where, value: null };
}

function place(node: unknown, environment: string | undefined): Place {
  const range = isNode(node) ? node.range : undefined;
  return { from: range?.[0] ?? -1, to: range?.[1] ?? -1, environment };
}
