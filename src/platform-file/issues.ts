import type { z } from "zod";
import { type ErrorCode, isErrorCode } from "../errors/catalogue.js";
import type { Diagnostic } from "./diagnostic.js";
import { shown } from "./format.js";
import { formatPath, type Segment } from "./path.js";
import { storeKindHint } from "./schema/stores.js";
import { knownKeys, takesBoolean } from "./shape.js";
import { didYouMean, suggest } from "./suggest.js";
import { nearest, type Place, plain, type SourceMap, type Tree } from "./tree.js";

type Issue = z.core.$ZodIssue;

/** The schema's complaints as diagnostics: at their place in the file, in its words, with a hint. */
export function diagnose(issues: readonly Issue[], tree: Tree, source: SourceMap, schema: z.ZodType): Diagnostic[] {
  return issues.flatMap((issue) => flatten(issue, [], tree)).flatMap((issue) => explain(issue, tree, source, schema));
}

interface Located {
  readonly issue: Issue;
  readonly path: readonly Segment[];
}

/** A form that takes another type of value altogether. */
const ANOTHER_TYPE = 1000;
/** A form that misses one of its own keys. */
const MISSING_KEY = 10;

/** A union complains with the complaints of each of its forms: keep those of the form that was most likely meant. */
function flatten(issue: Issue, above: readonly Segment[], tree: Tree): Located[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === "symbol" ? String(step) : step))];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ issue, path }];
  const forms = issue.errors.map((form) => form.flatMap((inner) => flatten(inner, path, tree)));
  const ranked = forms
    .map((form) => ({ form, cost: form.reduce((sum, located) => sum + cost(located, path, tree), 0) }))
    .sort((a, b) => a.cost - b.cost);
  const [best] = ranked;
  // A union with words of its own for "none of these" says them when even the nearest form misses its first word.
  const unnamed = !issue.message.startsWith("Invalid") && (best?.cost ?? 0) >= MISSING_KEY;
  if (!best || best.cost >= ANOTHER_TYPE || unnamed) return [{ issue, path }];
  return best.form;
}

/** How far a form is from what is written. */
function cost({ issue, path }: Located, at: readonly Segment[], tree: Tree): number {
  if (path.length === at.length && (issue.code === "invalid_type" || issue.code === "invalid_value"))
    return ANOTHER_TYPE;
  if (path.length === at.length && issue.code === "invalid_union") return ANOTHER_TYPE;
  if (issue.code === "unrecognized_keys") return issue.keys.length;
  if (path.length === at.length + 1 && !nearest(tree, path).exact) return MISSING_KEY;
  return 1;
}

function explain({ issue, path }: Located, tree: Tree, source: SourceMap, schema: z.ZodType): Diagnostic[] {
  const { key, value, exact } = nearest(tree, path);
  const at = (
    place: Place,
    code: ErrorCode,
    message: string,
    hint?: string,
    below: readonly Segment[] = path,
  ): Diagnostic => ({
    code,
    severity: "error",
    message,
    origin: source.origin(place),
    path: formatPath(below),
    length: Math.max(1, Math.min(place.to - place.from, 80)),
    hint,
  });
  const last = path.at(-1);

  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, path);
    const told = issue.keys.slice(0, MOST_UNKNOWN_KEYS);
    const rest = issue.keys.length - told.length;
    const more = rest > 0 ? [at(key, "spec/unknown-key", `and ${rest} more unknown keys here`)] : [];
    const unknowns = told.map((unknown) => {
      const entry = value.kind === "mapping" ? value.entries.get(unknown) : undefined;
      const where = path.length === 0 ? "a platform file" : `\`${formatPath(path)}\``;
      const hint = MOVED.get(unknown)?.(path) ?? didYouMean(unknown, known);
      return at(entry?.key ?? key, "spec/unknown-key", `\`${unknown}\` is not a key of ${where}`, hint, [
        ...path,
        unknown,
      ]);
    });
    return [...unknowns, ...more];
  }
  if (!exact && typeof last === "string")
    return [at(key, "spec/missing-key", `\`${last}\` is missing`, MISSING.get(last) ?? `write \`${last}: …\` here`)];
  if (issue.code === "invalid_key") {
    const said = issue.issues[0]?.message ?? "this is no name";
    return [at(key, "spec/name", `\`${String(last)}\`: ${said}`, writeName(String(last)))];
  }
  if (issue.code === "custom") {
    const params: Record<string, unknown> = issue.params ?? {};
    const code = typeof params.code === "string" && isErrorCode(params.code) ? params.code : "spec/value";
    const hint = typeof params.hint === "string" ? params.hint : undefined;
    return [at(value.place, code, typeof last === "string" ? `\`${last}\`: ${issue.message}` : issue.message, hint)];
  }
  const truth = value.kind === "scalar" ? TRUTHS.get(String(value.value).toLowerCase()) : undefined;
  if (truth !== undefined && takesBoolean(schema, path)) {
    const hint = `write \`${truth}\`: YAML reads ${found(value)} as text`;
    return [at(value.place, "spec/type", `expected true or false, found ${found(value)}`, hint)];
  }
  if (issue.code === "invalid_value") return [at(value.place, "spec/value", ...enumeration(issue, value, last))];
  if (issue.code === "invalid_type") {
    const hint = issue.expected === "array" ? asList(value, last) : undefined;
    return [at(value.place, "spec/type", `expected ${expectation(issue.expected)}, found ${found(value)}`, hint)];
  }
  if (issue.code === "invalid_union")
    return [at(value.kind === "mapping" ? key : value.place, "spec/value", ...union(issue, value))];
  if (issue.code === "too_small" || issue.code === "too_big")
    return [at(value.place, "spec/range", size(issue, value))];
  const named = value.kind === "scalar" && /^a (model's )?name is/.test(issue.message);
  return [
    at(value.place, "spec/value", plainMessage(issue, value), named ? writeName(String(value.value)) : undefined),
  ];
}

/** More unknown keys than this in one mapping are counted, not told one by one. */
const MOST_UNKNOWN_KEYS = 100;

/** Keys that people look for where they are not. */
const MOVED: ReadonlyMap<string, (path: readonly Segment[]) => string | undefined> = new Map<
  string,
  (path: readonly Segment[]) => string | undefined
>([
  ["replicas", (path) => (path.at(-1) === "scale" ? "write `replicas: 1..10` beside `scale`, not in it" : undefined)],
  ["environment", (path) => (path.length === 0 ? "did you mean `environments`?" : "did you mean `env`?")],
  ["resources", () => "write `cpu: 500m..1` and `memory: 1Gi..2Gi` here"],
  ["limits", () => "write request and limit in one: `cpu: 500m..1`"],
  ["ingress", () => "did you mean `entrance`?"],
  ["databases", () => "did you mean `stores`?"],
]);

const MISSING: ReadonlyMap<string, string> = new Map([
  ["platform", "name the platform: `platform: NAME`"],
  ["keys", "name the files of the secret: `keys: [api-key]`"],
  ["count", "say how many machines: `count: 3` or `count: 3..10`"],
]);

/** Words that other readers of YAML take for true and false. */
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ["yes", true],
  ["on", true],
  ["y", true],
  ["no", false],
  ["off", false],
  ["n", false],
]);

/** Words of other systems for ours, by the key that they stand behind. */
const SYNONYMS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    "provide",
    new Map([
      ["kubernetes", "in-cluster"],
      ["k8s", "in-cluster"],
      ["operator", "in-cluster"],
      ["cloud", "managed"],
      ["rds", "managed"],
      ["local", "embedded"],
      ["docker", "embedded"],
    ]),
  ],
]);

/** One value, written as the list that belongs there; a command line is taken apart at its spaces. */
function asList(value: Tree, key: Segment | undefined): string | undefined {
  if (value.kind !== "scalar" || value.value === null) return undefined;
  const text = String(value.value);
  if (text.length > 60) return "write it as a list: `[…, …]`";
  if (key !== "command") return `write it as a list: [${text}]`;
  // Quotes and pipes are a shell's business: it is given the line as it stands.
  const words = /[^\w\s./:=@,+-]/.test(text) ? ["sh", "-c", text] : text.split(/\s+/).filter((word) => word !== "");
  return `write it as a list: [${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}

function enumeration(
  issue: Extract<Issue, { code: "invalid_value" }>,
  value: Tree,
  key: Segment | undefined,
): [string, string | undefined] {
  const known = issue.values.map(String);
  const written = value.kind === "scalar" ? String(value.value) : "";
  if (value.kind !== "scalar") return [`expected one of ${known.join(", ")}, found ${found(value)}`, undefined];
  if (known.includes(written)) return [`${shown(written)} must be text here`, `quote it: "${written}"`];
  const near = SYNONYMS.get(String(key))?.get(written.toLowerCase()) ?? suggest(written, known);
  return [`${shown(value.value)} is not one of ${known.join(", ")}`, near ? `did you mean \`${near}\`?` : undefined];
}

function union(issue: Extract<Issue, { code: "invalid_union" }>, value: Tree): [string, string | undefined] {
  const kinds = storeKindHint(issue.message);
  if (kinds !== undefined && value.kind === "mapping") return [issue.message, kinds];
  const wanted = new Set<string>();
  const words: string[] = [];
  for (const form of issue.errors)
    for (const inner of form)
      if (inner.path.length === 0 && inner.code === "invalid_type") wanted.add(expectation(inner.expected));
      else if (inner.path.length === 0 && inner.code === "invalid_value") words.push(...inner.values.map(String));
  const near = value.kind === "scalar" ? suggest(String(value.value), words) : undefined;
  for (const word of words) wanted.add(word);
  const list = [...wanted].join(", ");
  const what = value.kind === "scalar" && value.value !== null ? shown(value.value) : found(value);
  if (list === "") return [`${what} does not fit here`, undefined];
  return [`expected one of: ${list}; found ${what}`, near ? `did you mean \`${near}\`?` : undefined];
}

function expectation(type: string): string {
  const words: Record<string, string> = {
    object: "a mapping",
    record: "a mapping",
    array: "a list",
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    null: "nothing",
  };
  return words[type] ?? type;
}

function found(tree: Tree): string {
  if (tree.kind === "mapping") return "a mapping";
  if (tree.kind === "sequence") return "a list";
  return tree.value === null ? "nothing" : shown(plain(tree));
}

function size(issue: Extract<Issue, { code: "too_small" | "too_big" }>, value: Tree): string {
  // Our own schemas' messages are sentences already; zod's begin with a capital.
  if (/^[a-z]/.test(issue.message)) return issue.message;
  const end = issue.code === "too_small" ? `at least ${String(issue.minimum)}` : `at most ${String(issue.maximum)}`;
  if (issue.origin === "array")
    return issue.code === "too_small" ? "the list is empty" : `the list is too long, ${end}`;
  if (issue.origin === "string")
    return issue.code === "too_small" ? "the text is empty" : `the text is too long, ${end}`;
  return `${found(value)} is out of range: ${end}`;
}

function plainMessage(issue: Issue, value: Tree): string {
  if (/^[a-z]/.test(issue.message)) return `${found(value)}: ${issue.message}`;
  if (issue.code === "invalid_format" && issue.format === "url")
    return `${found(value)} is not an address like https://host:port`;
  if (issue.code === "invalid_format" && issue.format === "starts_with")
    return `${found(value)} must begin with ${shown("prefix" in issue ? issue.prefix : "/")}`;
  return `${found(value)} does not fit here`;
}

/** The nearest thing to it that is a name; undefined when it is one already, or nothing of it can be kept. */
export function renamed(name: string): string | undefined {
  const better = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 45);
  return better === "" || better === name ? undefined : better;
}

function writeName(name: string): string | undefined {
  const better = renamed(name);
  return better === undefined ? undefined : `write \`${better}\``;
}
