import { type Diagnostic, sortDiagnostics } from "./diagnostic.js";
import { diagnose } from "./issues.js";
import { mergeTrees, type Unremoved } from "./merge.js";
import type { Origin } from "./origin.js";
import { parsePath } from "./path.js";
import { checkReferences } from "./references/index.js";
import { everyError } from "./repair.js";
import { platformFile, platformSettings, type Settings } from "./schema/platform.js";
import { didYouMean, suggest } from "./suggest.js";
import { child, type Mapping, NOWHERE, plain, SourceMap, treeOf } from "./tree.js";
import { readYaml } from "./yaml.js";

/** The platform as one environment has it: base and differences merged, parsed, every reference standing. */
export interface EnvironmentSettings {
  /** Name of the environment; `default` when the file declares none. */
  readonly name: string;
  readonly settings: Settings;
  /** The same, with the place of every value. */
  readonly tree: Mapping;
}

/** A platform file that was read without error. */
export interface Platform {
  readonly name: string;
  readonly source: SourceMap;
  /** Where `environments` stands, or the beginning of the file. */
  readonly origin: Origin;
  /** Whether the file declares environments; else there is one, named `default`. */
  readonly declares: boolean;
  /** By name, in the file's order; the first is meant when none is named. */
  readonly environments: ReadonlyMap<string, EnvironmentSettings>;
}

/** A platform, or everything that is wrong with it; the warnings of a platform that stands are there as well. */
export type Parsed =
  | { readonly ok: true; readonly platform: Platform; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Reads the text of a platform file. Pure; never throws: every error at once, each with its place and a hint. */
export function readPlatform({ file, text }: { readonly file: string; readonly text: string }): Parsed {
  const yaml = readYaml(file, text);
  if (!yaml.ok) return { ok: false, diagnostics: sortDiagnostics(yaml.diagnostics) };
  const reading = readTree(yaml.tree, yaml.source);
  if (!yaml.duplicates) return reading;
  const found = [
    ...yaml.duplicates.diagnostics,
    ...ofEither(reading.diagnostics, readTree(yaml.duplicates.last, yaml.source).diagnostics),
  ];
  return { ok: false, diagnostics: sortDiagnostics(distinct(found)) };
}

/** What is wrong with a value wherever it stands; everything else may be right once one of two values is removed. */
const OF_ITSELF = new Set(["unknown-key", "type", "value", "unit", "range", "name"].map((word) => `spec/${word}`));

/** What is told of a file whichever of two values of a key is taken, and what is wrong with either of the values itself. */
function ofEither(one: readonly Diagnostic[], other: readonly Diagnostic[]): Diagnostic[] {
  const told = new Set(other.map(identity));
  const both = one.filter((each) => told.has(identity(each)));
  return [...both, ...[...one, ...other].filter(({ code }) => OF_ITSELF.has(code))];
}

/** Reads a platform that was defined in code; its diagnostics name paths, there being no lines. */
export function readDefinition({ file, value }: { readonly file: string; readonly value: unknown }): Parsed {
  const source = new SourceMap(file, "");
  const refuse = (message: string): Parsed => {
    const origin = source.origin(NOWHERE);
    return { ok: false, diagnostics: [{ code: "spec/type", severity: "error", message, origin }] };
  };
  if (containsItself(value)) return refuse("the platform's object contains itself");
  const whole = treeOf(value);
  if (whole.kind !== "mapping") return refuse("a platform is defined by an object");
  return readTree(withEnvironmentPlaces(whole, value), source);
}

/** The differences of each environment bear its name, as they do when they are read from text. */
function withEnvironmentPlaces(whole: Mapping, value: unknown): Mapping {
  const declared =
    typeof value === "object" && value !== null && "environments" in value ? value.environments : undefined;
  const standing = whole.entries.get("environments");
  if (typeof declared !== "object" || declared === null || standing?.value.kind !== "mapping") return whole;
  const named = Object.entries(declared).map(
    ([name, difference]) => [name, { key: standing.key, value: treeOf(difference, name) }] as const,
  );
  const environments: Mapping = { ...standing.value, entries: new Map(named) };
  return { ...whole, entries: new Map(whole.entries).set("environments", { key: standing.key, value: environments }) };
}

function containsItself(value: unknown, above: readonly unknown[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (above.includes(value)) return true;
  return Object.values(value).some((inner) => containsItself(inner, [...above, value]));
}

function readTree(whole: Mapping, source: SourceMap): Parsed {
  const base = baseOf(whole);
  const diagnostics: Diagnostic[] = [...environmentShape(whole, source)];
  const environments = new Map<string, EnvironmentSettings>();
  for (const { name, difference } of differences(whole)) {
    const unremoved: Unremoved[] = [];
    const tree = difference ? mergeTrees(base, difference, unremoved) : base;
    diagnostics.push(...unremoved.map((each) => nothingRemoved(each, source)));
    // A file is parsed once: compiling its schema for speed (what zod does otherwise) costs more than it saves.
    const parsed = platformSettings.safeParse(plain(tree), { jitless: true });
    if (parsed.success) {
      diagnostics.push(...checkReferences(parsed.data, tree, source, base).map((each) => misspelt(each, base)));
      environments.set(name, { name, settings: parsed.data, tree });
    } else {
      const errors = everyError(tree, parsed.error.issues, source, base);
      diagnostics.push(...errors.map((each) => misspelt(each, base)));
    }
  }
  const all = sortDiagnostics(distinct(diagnostics));
  const platform = [...environments.values()][0]?.settings.platform;
  if (platform === undefined || all.some(({ severity }) => severity === "error"))
    return { ok: false, diagnostics: all };
  const declared = whole.entries.get("environments");
  const declares = declared?.value.kind === "mapping" && declared.value.entries.size > 0;
  const origin = source.origin(declared?.key ?? whole.place);
  return { ok: true, platform: { name: platform, source, origin, declares, environments }, diagnostics: all };
}

/** Everything but `environments` and the `x-…` keys that people keep anchors under. */
function baseOf(whole: Mapping): Mapping {
  const entries = new Map([...whole.entries].filter(([key]) => key !== "environments" && !key.startsWith("x-")));
  return { ...whole, entries };
}

function* differences(whole: Mapping): Iterable<{ name: string; difference: Mapping | undefined }> {
  const declared = whole.entries.get("environments")?.value;
  if (declared?.kind !== "mapping" || declared.entries.size === 0) {
    yield { name: "default", difference: undefined };
    return;
  }
  for (const [name, { value }] of declared.entries)
    yield { name, difference: value.kind === "mapping" ? withoutFixed(value) : undefined };
}

/** Keys that no environment may change; `environmentShape` has told of them. */
const FIXED = ["platform", "environments"];

function withoutFixed(difference: Mapping): Mapping {
  return { ...difference, entries: new Map([...difference.entries].filter(([key]) => !FIXED.includes(key))) };
}

/** What must hold of `environments` before its differences are merged. */
function environmentShape(whole: Mapping, source: SourceMap): Diagnostic[] {
  const declared = whole.entries.get("environments");
  if (!declared) return [];
  const shape = platformFile.shape.environments.safeParse(plain(declared.value));
  const tree: Mapping = { ...whole, entries: new Map([["environments", declared]]) };
  const issues = shape.success ? [] : shape.error.issues;
  const located = issues.map((issue) => ({ ...issue, path: ["environments", ...issue.path] }));
  const diagnostics = diagnose(located, tree, source, platformFile);
  if (declared.value.kind !== "mapping") return diagnostics;
  for (const [environment, { value }] of declared.value.entries) {
    if (value.kind !== "mapping") continue;
    for (const key of FIXED) {
      const entry = value.entries.get(key);
      if (entry)
        diagnostics.push({
          code: "spec/environment",
          severity: "error",
          message: `\`${key}\` is the same in every environment`,
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
 * An environment that misspells a name of the base adds something new, which lacks what the base says of the one that was
 * meant: the hint is the name, not what to add.
 */
function misspelt(diagnostic: Diagnostic, base: Mapping): Diagnostic {
  const [group, name, ...below] = parsePath(diagnostic.path ?? "");
  const lacking = diagnostic.code === "spec/missing-key" || diagnostic.code === "spec/value";
  if (!lacking || below.length > (diagnostic.code === "spec/missing-key" ? 1 : 0)) return diagnostic;
  if (diagnostic.origin.kind !== "environment" || group === undefined || name === undefined) return diagnostic;
  const standing = child(base, group);
  if (standing?.kind !== "mapping" || standing.entries.has(String(name))) return diagnostic;
  const near = suggest(String(name), standing.entries.keys());
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

/** An error of the base shows in every environment: it is said once. */
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
