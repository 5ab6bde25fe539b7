import type { Diagnostic } from "../../platform-file/diagnostic.js";
import type { Finding } from "../finding.js";
import type { Rule, Severity } from "../rule.js";

/** A SARIF 2.1.0 log (OASIS) with one run, which code hosts show in a review. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: "2.1.0";
  readonly runs: readonly [SarifRun];
}

interface SarifRun {
  readonly tool: { readonly driver: SarifDriver };
  /** The repository's root on the machine that wrote this; absent outside a repository. */
  readonly originalUriBaseIds?: { readonly [SOURCE_ROOT]: { readonly uri: string } };
  /** Whether the rules ran. If the file is invalid they did not, and the results are its errors. */
  readonly invocations: readonly [{ readonly executionSuccessful: boolean }];
  readonly columnKind: "utf16CodeUnits";
  readonly results: readonly SarifResult[];
}

interface SarifDriver {
  readonly name: "keelson";
  readonly version: string;
  readonly semanticVersion: string;
  readonly rules: readonly SarifRule[];
}

interface SarifRule {
  readonly id: string;
  readonly shortDescription: SarifText;
  readonly fullDescription: SarifText;
  readonly help: SarifText;
  readonly defaultConfiguration: { readonly level: Severity };
  readonly properties: { readonly tags: readonly string[] };
}

interface SarifText {
  readonly text: string;
}

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: Severity;
  readonly message: SarifText;
  readonly locations: readonly [SarifLocation];
  /** The other places of the same cause. */
  readonly relatedLocations?: readonly SarifLocation[];
  readonly properties: { readonly environments?: readonly string[]; readonly path?: string; readonly fixable: boolean };
}

interface SarifLocation {
  readonly physicalLocation: {
    readonly artifactLocation: SarifArtifact;
    readonly region: SarifRegion;
  };
}

/** Relative to the repository's root, or absolute outside a repository. */
interface SarifArtifact {
  readonly uri: string;
  readonly uriBaseId?: typeof SOURCE_ROOT;
}

interface SarifRegion {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endColumn?: number;
}

/** The files that findings refer to: absolute paths with forward slashes. */
export interface Sources {
  /** The root of their repository. A code host identifies files by their paths below it. */
  readonly root: string | undefined;
  pathOf(file: string): string;
}

/** The name of the repository's root for code hosts. */
const SOURCE_ROOT = "%SRCROOT%";

/** Findings as a SARIF log. `rules` are those that ran: a rule without results passed. */
export function sarif(
  findings: readonly Finding[],
  rules: readonly Rule[],
  version: string,
  sources: Sources,
): SarifLog {
  return sarifLog(findings, rules, version, sources);
}

/** What one result says and where. */
export type Reported = Pick<Diagnostic<string>, "code" | "severity" | "message" | "origin"> &
  Partial<Pick<Diagnostic<string>, "hint" | "path" | "fix" | "length"> & Pick<Finding, "environments" | "alsoAt">>;

/** Results of the described rules as a SARIF log. */
export function sarifLog(
  results: readonly Reported[],
  rules: readonly DescribedRule[],
  version: string,
  sources: Sources,
): SarifLog {
  return log(results, rules.map(describeRule), version, sources, true);
}

type DescribedRule = Pick<Rule, "code" | "summary" | "help" | "severity">;

/** The errors of an invalid platform file as a SARIF log. Each error code is a rule; the rules of the catalogue did not run. */
export function sarifOfErrors(errors: readonly Diagnostic[], version: string, sources: Sources): SarifLog {
  const codes = new Map(errors.map(({ code, severity }) => [code, severity]));
  return log(
    errors,
    [...codes].map(([code, severity]) => errorRule(code, severity)),
    version,
    sources,
    false,
  );
}

function log(
  found: readonly Reported[],
  rules: readonly SarifRule[],
  version: string,
  sources: Sources,
  executionSuccessful: boolean,
): SarifLog {
  const index = new Map(rules.map(({ id }, at) => [id, at]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "keelson", version, semanticVersion: version, rules } },
        invocations: [{ executionSuccessful }],
        ...(sources.root === undefined
          ? {}
          : { originalUriBaseIds: { [SOURCE_ROOT]: { uri: `${fileUri(sources.root).replace(/\/$/, "")}/` } } }),
        columnKind: "utf16CodeUnits",
        results: found.map((each) => result(each, index.get(each.code) ?? -1, sources)),
      },
    ],
  };
}

function describeRule({ code, summary, help, severity }: DescribedRule): SarifRule {
  return {
    id: code,
    shortDescription: { text: summary },
    fullDescription: { text: help },
    help: { text: help },
    defaultConfiguration: { level: severity },
    properties: { tags: [code.split("/")[0] ?? code] },
  };
}

/** An error code of the platform file, as described in docs/platform-file.md. */
function errorRule(code: string, level: Severity): SarifRule {
  return {
    id: code,
    shortDescription: { text: "the platform file is invalid" },
    fullDescription: { text: "The platform file is invalid, so the rules did not run." },
    help: { text: "Correct the errors that the results describe, and check again." },
    defaultConfiguration: { level },
    properties: { tags: [code.split("/")[0] ?? code] },
  };
}

function result(finding: Reported, ruleIndex: number, sources: Sources): SarifResult {
  const { code, severity, message, hint, origin, path, fix, length, environments, alsoAt = [] } = finding;
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: hint === undefined ? message : `${message}. Fix: ${hint}` },
    locations: [locationOf(origin, length, sources)],
    ...(alsoAt.length === 0
      ? {}
      : { relatedLocations: alsoAt.map((place) => locationOf(place.origin, undefined, sources)) }),
    properties: {
      ...(environments === undefined ? {} : { environments }),
      ...(path === undefined ? {} : { path }),
      fixable: fix !== undefined,
    },
  };
}

function locationOf(origin: Diagnostic["origin"], length: number | undefined, sources: Sources): SarifLocation {
  return {
    physicalLocation: {
      artifactLocation: artifact(sources.pathOf(origin.file), sources.root),
      region: origin.line > 0 ? regionOf(origin, length) : WHOLE_FILE,
    },
  };
}

/**
 * Of a result without a line: a platform defined in code has none. SARIF needs no region then, but GitHub requires `startLine` (rule GH1003
 * of microsoft/sarif-sdk, ProvideRequiredRegionProperties; read 2026-11-30).
 */
const WHOLE_FILE: SarifRegion = { startLine: 1, startColumn: 1 };

/** The end is the column after the last character. */
function regionOf({ line, column }: Diagnostic["origin"], length: number | undefined): SarifRegion {
  return { startLine: line, startColumn: column, ...(length === undefined ? {} : { endColumn: column + length }) };
}

function artifact(path: string, root: string | undefined): SarifArtifact {
  const below = root === undefined ? undefined : within(path, root);
  return below === undefined ? { uri: fileUri(path) } : { uri: encoded(below), uriBaseId: SOURCE_ROOT };
}

/** The path below the root; undefined for a file elsewhere. */
function within(path: string, root: string): string | undefined {
  const folder = root.endsWith("/") ? root : `${root}/`;
  return path.startsWith(folder) ? path.slice(folder.length) : undefined;
}

function fileUri(path: string): string {
  return `file://${path.startsWith("/") ? "" : "/"}${encoded(path)}`;
}

function encoded(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
