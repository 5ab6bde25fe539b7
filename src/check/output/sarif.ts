import type { Diagnostic } from "../../platform-file/diagnostic.js";
import type { Finding } from "../finding.js";
import type { Rule, Severity } from "../rule.js";

/** What a code host needs to show findings in a review: SARIF 2.1.0 (OASIS), one run. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: "2.1.0";
  readonly runs: readonly [SarifRun];
}

interface SarifRun {
  readonly tool: { readonly driver: SarifDriver };
  /** Where the repository lies on the machine that wrote this; absent outside of any. */
  readonly originalUriBaseIds?: { readonly [sourceRoot]: { readonly uri: string } };
  /** Whether the rules ran: where the file cannot be read they did not, and the results say why. */
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
  readonly properties: { readonly environments?: readonly string[]; readonly path?: string; readonly fixable: boolean };
}

interface SarifLocation {
  readonly physicalLocation: {
    readonly artifactLocation: SarifArtifact;
    readonly region?: SarifRegion;
  };
}

/** Relative to the repository's root, or absolute where there is none. */
interface SarifArtifact {
  readonly uri: string;
  readonly uriBaseId?: typeof sourceRoot;
}

interface SarifRegion {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endColumn?: number;
}

/** Where the files that findings name lie on disk: by absolute paths, with forward slashes. */
export interface Sources {
  /** The root of the repository that they belong to: a code host attaches findings by the paths below it. */
  readonly root: string | undefined;
  pathOf(file: string): string;
}

/** The name that code hosts know the repository's root by. */
const sourceRoot = "%SRCROOT%";

/** Findings as a SARIF log. `rules` are those that ran: a rule without results is known to have passed. */
export function sarif(
  findings: readonly Finding[],
  rules: readonly Rule[],
  version: string,
  sources: Sources,
): SarifLog {
  return log(findings, rules.map(describe), version, sources, true);
}

/** Why a platform file cannot be checked, as a SARIF log: each kind of error is a rule, and none of the catalogue ran. */
export function sarifOfErrors(errors: readonly Diagnostic[], version: string, sources: Sources): SarifLog {
  const kinds = new Map(errors.map(({ code, severity }) => [code, severity]));
  return log(
    errors,
    [...kinds].map(([code, severity]) => kindOf(code, severity)),
    version,
    sources,
    false,
  );
}

function log(
  found: readonly (Diagnostic | Finding)[],
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
          : { originalUriBaseIds: { [sourceRoot]: { uri: `${fileUri(sources.root).replace(/\/$/, "")}/` } } }),
        columnKind: "utf16CodeUnits",
        results: found.map((each) => result(each, index.get(each.code) ?? -1, sources)),
      },
    ],
  };
}

function describe({ code, summary, help, severity }: Rule): SarifRule {
  return {
    id: code,
    shortDescription: { text: summary },
    fullDescription: { text: help },
    help: { text: help },
    defaultConfiguration: { level: severity },
    properties: { tags: [code.split("/")[0] ?? code] },
  };
}

/** An error of the reader: docs/platform-file.md has the list of them. */
function kindOf(code: string, level: Severity): SarifRule {
  return {
    id: code,
    shortDescription: { text: "the platform file cannot be used as it is written" },
    fullDescription: {
      text: "The platform file cannot be used as it is written, so none of the checks could be made.",
    },
    help: { text: "Each result says what is wrong and what would be right; then check again." },
    defaultConfiguration: { level },
    properties: { tags: [code.split("/")[0] ?? code] },
  };
}

function result(finding: Diagnostic | Finding, ruleIndex: number, sources: Sources): SarifResult {
  const { code, severity, message, hint, origin, path, fix, length } = finding;
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: hint === undefined ? message : `${message}. Fix: ${hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: artifact(sources.pathOf(origin.file), sources.root),
          // A platform that was defined in code has no lines.
          ...(origin.line > 0 ? { region: regionOf(origin, length) } : {}),
        },
      },
    ],
    properties: {
      ...("environments" in finding ? { environments: finding.environments } : {}),
      ...(path === undefined ? {} : { path }),
      fixable: fix !== undefined,
    },
  };
}

/** The end is the column after the last character. */
function regionOf({ line, column }: Diagnostic["origin"], length: number | undefined): SarifRegion {
  return { startLine: line, startColumn: column, ...(length === undefined ? {} : { endColumn: column + length }) };
}

function artifact(path: string, root: string | undefined): SarifArtifact {
  const below = root === undefined ? undefined : within(path, root);
  return below === undefined ? { uri: fileUri(path) } : { uri: encoded(below), uriBaseId: sourceRoot };
}

/** The path from the root on; undefined for a file that lies elsewhere. */
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
