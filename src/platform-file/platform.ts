import { conciseDiagnostics, type Diagnostic, sortDiagnostics } from "./diagnostic.js";
import { diagnose } from "./issues/index.js";
import { mergeTrees, type Unremoved } from "./merge.js";
import { namespaceLength } from "./namespace.js";
import type { Origin } from "./origin.js";
import { parsePath } from "./path.js";
import { withPolicies } from "./policies.js";
import { checkReferences } from "./references/index.js";
import { everyError } from "./repair.js";
import { platformFile, platformSettings, type Settings } from "./schema/platform.js";
import { didYouMean, suggest } from "./suggest.js";
import { child, type Mapping, NOWHERE, plain, SourceMap, treeOf } from "./tree.js";
import { withWrittenVariables } from "./written-variables.js";
import { readYaml } from "./yaml/read.js";

/** The settings of one environment: base and overrides merged and parsed, with valid references. */
export interface EnvironmentSettings {
  /** Name of the environment; `default` when the file declares none. */
  readonly name: string;
  readonly settings: Settings;
  /** The settings as a tree, with the place of every value. */
  readonly tree: Mapping;
}

/** A platform file without errors. */
export interface Platform {
  readonly name: string;
  readonly source: SourceMap;
  /** Position of `environments`, or the start of the file. */
  readonly origin: Origin;
  /** Whether the file declares environments. Otherwise there is one, named `default`. */
  readonly declaresEnvironments: boolean;
  /** By name, in the order of the file; the first is the default. */
  readonly environments: ReadonlyMap<string, EnvironmentSettings>;
}

/** A platform with its warnings, or all its errors and warnings. */
export type Parsed =
  | { readonly ok: true; readonly platform: Platform; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Parses the text of a platform file. Pure; does not throw. Reports all errors at once, with position and hint. */
export function readPlatform({ file, text }: { readonly file: string; readonly text: string }): Parsed {
  const yaml = readYaml(file, text);
  if (!yaml.ok) return { ok: false, diagnostics: conciseDiagnostics(sortDiagnostics(yaml.diagnostics)) };
  const reading = readTree(yaml.tree, yaml.source);
  if (!yaml.duplicates) return reading;
  const found = [
    ...yaml.duplicates.diagnostics,
    ...ofEither(reading.diagnostics, readTree(yaml.duplicates.last, yaml.source).diagnostics),
  ];
  return { ok: false, diagnostics: conciseDiagnostics(sortDiagnostics(distinct(found))) };
}

/** Errors of a value by itself. Any other error may disappear with one of two duplicate keys. */
const VALUE_ERRORS = new Set(["unknown-key", "type", "value", "unit", "range", "name"].map((word) => `spec/${word}`));

/** The errors that remain whichever value of a duplicate key is used, and the errors of either value by itself. */
function ofEither(one: readonly Diagnostic[], other: readonly Diagnostic[]): Diagnostic[] {
  const others = new Set(other.map(identity));
  const both = one.filter((each) => others.has(identity(each)));
  return [...both, ...[...one, ...other].filter(({ code }) => VALUE_ERRORS.has(code))];
}

/** Parses a platform defined in code. Its diagnostics have paths instead of lines. */
export function readDefinition({ file, value }: { readonly file: string; readonly value: unknown }): Parsed {
  const source = new SourceMap(file, "");
  const refuse = (message: string): Parsed => {
    const origin = source.origin(NOWHERE);
    return { ok: false, diagnostics: [{ code: "spec/type", severity: "error", message, origin }] };
  };
  if (containsItself(value)) return refuse("the object of the platform contains itself");
  const root = treeOf(value);
  if (root.kind !== "mapping") return refuse("a platform must be an object");
  return readTree(withEnvironmentPlaces(root, value), source);
}

/** Marks the overrides of each environment with its name, as `Walk` does for YAML. */
function withEnvironmentPlaces(root: Mapping, value: unknown): Mapping {
  const declared =
    typeof value === "object" && value !== null && "environments" in value ? value.environments : undefined;
  const existing = root.entries.get("environments");
  if (typeof declared !== "object" || declared === null || existing?.value.kind !== "mapping") return root;
  const named = Object.entries(declared).map(
    ([name, overrides]) => [name, { key: existing.key, value: treeOf(overrides, name) }] as const,
  );
  const environments: Mapping = { ...existing.value, entries: new Map(named) };
  return { ...root, entries: new Map(root.entries).set("environments", { key: existing.key, value: environments }) };
}

function containsItself(value: unknown, above: readonly unknown[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (above.includes(value)) return true;
  return Object.values(value).some((inner) => containsItself(inner, [...above, value]));
}

function readTree(root: Mapping, source: SourceMap): Parsed {
  const base = baseOf(root);
  const diagnostics: Diagnostic[] = [...environmentShape(root, source)];
  const references = new Map<string, readonly Diagnostic[]>();
  const environments = new Map<string, EnvironmentSettings>();
  for (const { name, overrides } of overridesByEnvironment(root)) {
    const unremoved: Unremoved[] = [];
    const tree = withPolicies(withWrittenVariables(overrides ? mergeTrees(base, overrides, unremoved) : base));
    diagnostics.push(...unremoved.map((each) => nothingRemoved(each, source)));
    // A file is parsed once, so compiling the schema (the default of zod) costs more than it saves.
    const parsed = platformSettings.safeParse(plain(tree), { jitless: true });
    if (parsed.success) {
      const found = checkReferences(parsed.data, tree, source, base).map((each) => withIntendedName(each, base));
      references.set(name, found);
      environments.set(name, { name, settings: parsed.data, tree });
    } else {
      const errors = everyError(tree, parsed.error.issues, source, base);
      diagnostics.push(...errors.map((each) => withIntendedName(each, base)));
    }
  }
  diagnostics.push(...inSomeEnvironments(references));
  const all = conciseDiagnostics(sortDiagnostics(distinct(diagnostics)));
  const platform = [...environments.values()][0]?.settings.platform;
  if (platform === undefined || all.some(({ severity }) => severity === "error"))
    return { ok: false, diagnostics: all };
  const declared = root.entries.get("environments");
  const declaresEnvironments = declared?.value.kind === "mapping" && declared.value.entries.size > 0;
  const origin = source.origin(declared?.key ?? root.place);
  return {
    ok: true,
    platform: { name: platform, source, origin, declaresEnvironments, environments },
    diagnostics: all,
  };
}

/** The file without `environments` and without the `x-…` keys, which hold YAML anchors. */
function baseOf(root: Mapping): Mapping {
  const entries = new Map([...root.entries].filter(([key]) => key !== "environments" && !key.startsWith("x-")));
  return { ...root, entries };
}

function* overridesByEnvironment(root: Mapping): Iterable<{ name: string; overrides: Mapping | undefined }> {
  const declared = root.entries.get("environments")?.value;
  if (declared?.kind !== "mapping" || declared.entries.size === 0) {
    yield { name: "default", overrides: undefined };
    return;
  }
  for (const [name, { value }] of declared.entries)
    yield { name, overrides: value.kind === "mapping" ? withoutFixed(value) : undefined };
}

/** Keys that no environment may change; `environmentShape` reports them. */
const FIXED = ["platform", "environments"];

function withoutFixed(overrides: Mapping): Mapping {
  return { ...overrides, entries: new Map([...overrides.entries].filter(([key]) => !FIXED.includes(key))) };
}

/** Errors of `environments` itself, before the overrides are merged. */
function environmentShape(root: Mapping, source: SourceMap): Diagnostic[] {
  const declared = root.entries.get("environments");
  if (!declared) return [];
  const shape = platformFile.shape.environments.safeParse(plain(declared.value));
  const tree: Mapping = { ...root, entries: new Map([["environments", declared]]) };
  const issues = shape.success ? [] : shape.error.issues;
  const located = issues.map((issue) => ({ ...issue, path: ["environments", ...issue.path] }));
  const diagnostics = diagnose(located, tree, source, platformFile);
  if (declared.value.kind !== "mapping") return diagnostics;
  for (const [environment, { key, value }] of declared.value.entries) {
    diagnostics.push(...namespaceLength(root, environment, key, source));
    if (value.kind !== "mapping") continue;
    for (const key of FIXED) {
      const entry = value.entries.get(key);
      if (entry)
        diagnostics.push({
          code: "spec/environment",
          severity: "error",
          message: `\`${key}\` cannot be changed by an environment`,
          origin: source.origin(entry.key),
          path: `environments.${environment}.${key}`,
          length: key.length,
          hint: "remove it here",
        });
    }
  }
  return diagnostics;
}

/**
 * An environment that misspells a name of the base adds a new component without the settings of the intended one. The hint is
 * then the intended name, not the missing setting.
 */
function withIntendedName(diagnostic: Diagnostic, base: Mapping): Diagnostic {
  const [group, name, ...below] = parsePath(diagnostic.path ?? "");
  const isMissing = diagnostic.code === "spec/missing-key" || diagnostic.code === "spec/value";
  if (!isMissing || below.length > (diagnostic.code === "spec/missing-key" ? 1 : 0)) return diagnostic;
  if (diagnostic.origin.kind !== "environment" || group === undefined || name === undefined) return diagnostic;
  const baseGroup = child(base, group);
  if (baseGroup?.kind !== "mapping" || baseGroup.entries.has(String(name))) return diagnostic;
  const near = suggest(String(name), baseGroup.entries.keys());
  if (near === undefined) return diagnostic;
  return { ...diagnostic, hint: `did you mean \`${near}\`? the base has no \`${name}\` in \`${group}\`` };
}

function nothingRemoved({ key, place, known }: Unremoved, source: SourceMap): Diagnostic {
  return {
    code: "spec/removes-nothing",
    severity: "warning",
    message: `\`${key}: null\` removes nothing: the base has no \`${key}\` here`,
    origin: source.origin(place),
    length: place.to - place.from,
    hint: didYouMean(key, known) ?? "remove the line",
  };
}

/** A reference of the base to what only some environments have names those in which it is missing. */
function inSomeEnvironments(found: ReadonlyMap<string, readonly Diagnostic[]>): Diagnostic[] {
  const environments = new Map<string, string[]>();
  for (const [environment, diagnostics] of found)
    for (const key of new Set(diagnostics.map(identity)))
      environments.set(key, [...(environments.get(key) ?? []), environment]);
  return [...found.values()].flat().map((diagnostic) => {
    const names = environments.get(identity(diagnostic)) ?? [];
    if (diagnostic.origin.kind !== "file" || names.length === found.size) return diagnostic;
    return { ...diagnostic, message: `${diagnostic.message} in ${names.join(", ")}` };
  });
}

/** Removes duplicates: an error of the base occurs in every environment. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const key = identity(diagnostic);
    if (!seen.has(key)) seen.set(key, diagnostic);
  }
  return [...seen.values()];
}

function identity({ code, message, origin, path }: Diagnostic): string {
  return `${origin.line}:${origin.column}:${origin.line === 0 ? path : ""} ${code} ${message}`;
}
