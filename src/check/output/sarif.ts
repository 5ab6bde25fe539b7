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
  readonly properties: { readonly environments: readonly string[]; readonly path?: string; readonly fixable: boolean };
}

interface SarifLocation {
  readonly physicalLocation: {
    readonly artifactLocation: { readonly uri: string };
    readonly region?: { readonly startLine: number; readonly startColumn: number };
  };
}

/** Findings as a SARIF log. `rules` are those that ran: a rule without results is known to have passed. */
export function sarif(findings: readonly Finding[], rules: readonly Rule[], version: string): SarifLog {
  const index = new Map(rules.map(({ code }, at) => [code, at]));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "keelson", version, semanticVersion: version, rules: rules.map(describe) } },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => result(finding, index.get(finding.code) ?? -1)),
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

function result(finding: Finding, ruleIndex: number): SarifResult {
  const { code, severity, message, hint, origin, environments, path, fix } = finding;
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: hint === undefined ? message : `${message}. Fix: ${hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(origin.file) },
          // A platform that was defined in code has no lines.
          ...(origin.line > 0 ? { region: { startLine: origin.line, startColumn: origin.column } } : {}),
        },
      },
    ],
    properties: { environments, ...(path === undefined ? {} : { path }), fixable: fix !== undefined },
  };
}

/** Relative to the repository's root where the file was named so; an absolute path becomes a file URI. */
function uriOf(file: string): string {
  const path = file.replaceAll("\\", "/").replace(/^\.\//, "");
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return path.startsWith("/") ? `file://${encoded}` : encoded;
}
