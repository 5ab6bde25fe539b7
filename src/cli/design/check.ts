import { readFile, realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { applySafeFixes } from "../../check/apply-fixes.js";
import { check as findingsOf } from "../../check/check.js";
import type { Finding } from "../../check/finding.js";
import { newFindings } from "../../check/new-findings.js";
import { sarif, sarifOfErrors } from "../../check/output/sarif.js";
import { countText, findingsText } from "../../check/output/text.js";
import type { Rule } from "../../check/rule.js";
import { rules as catalogue } from "../../check/rules/index.js";
import { byCause } from "../../check/same-cause.js";
import { verifyFixes } from "../../check/verify-fixes.js";
import { writeAtomically } from "../../disk/atomic-file.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { singleLine } from "../../errors/terminal-text.js";
import { messageOf } from "../../errors/thrown.js";
import type { Plan } from "../../plan/plan.js";
import type { Diagnostic } from "../../platform-file/diagnostic.js";
import { DiagnosticsError } from "../../platform-file/diagnostics-error.js";
import { applyEdits } from "../../platform-file/edit/apply.js";
import { didYouMean } from "../../platform-file/suggest.js";
import { fileOrDefault, findFile, type Loaded, loadPlatform, planOf, plansOf } from "../platform/load.js";
import { coloursFor } from "../terminal/colours.js";
import { print, printError, printJson } from "../terminal/output.js";
import { version } from "../version.js";
import { plansIn } from "./edited-plans.js";
import { sourcesOf } from "./sources.js";
import { today } from "./today.js";

export interface CheckOptions {
  readonly environment?: readonly string[];
  readonly rule?: readonly string[];
  readonly format: "text" | "json" | "sarif";
  readonly json?: true;
  readonly strict?: true;
  readonly fix?: true;
  readonly listRules?: true;
  /** A file or a Git revision: only what it does not have is reported. */
  readonly against?: string;
}

/** `keelson check`. `formatIsExplicit`: `--format` was given on the command line. */
export async function check(
  given: string | undefined,
  options: CheckOptions,
  formatIsExplicit: boolean,
): Promise<void> {
  const file = await fileOrDefault(given, "read");
  const { format, json } = options;
  if (json && format !== "json" && formatIsExplicit)
    throw new KeelsonError("usage", `--json and --format ${format} cannot be combined`, {
      hint: "--json is the same as --format json: use one of them",
    });
  if (options.listRules && format === "sarif")
    throw new KeelsonError("usage", "--list-rules supports the formats text and json", {
      hint: "a SARIF log includes the rules: keelson check FILE --format sarif",
    });
  try {
    await checkFile(file, options);
  } catch (error) {
    if (options.format !== "sarif" || options.json || !(error instanceof KeelsonError)) throw error;
    const errors = errorsIn(error, file);
    const path = await findFile(file).catch(() => resolve(file));
    const sources = await sourcesOf(errors[0]?.origin.file ?? file, path);
    printJson(sarifOfErrors(errors, version(), sources));
    process.exitCode = error.exitCode;
  }
}

async function checkFile(file: string, options: CheckOptions): Promise<void> {
  const rules = selectRules(options.rule);
  if (options.listRules) return printRules(rules, options);
  const loaded = options.fix ? await fixFile(file, rules, options) : await loadPlatform(file);
  const plans = requestedPlans(loaded, options);
  const all = findingsIn(loaded, plans, rules);
  const findings = byCause(
    options.against === undefined ? all : newFindings(await findingsBefore(file, rules, options), all),
  );
  print(`${await formatFindings(findings, rules, loaded, plans, options)}\n`);
  if (findings.some(({ severity }) => severity === "error" || (options.strict && severity === "warning"))) {
    process.exitCode = 1;
  }
}

/** The findings of the version to compare with, in those of the environments that it has. */
async function findingsBefore(
  file: string,
  rules: readonly Rule[],
  { against = file, environment }: CheckOptions,
): Promise<readonly Finding[]> {
  const { loadVersion } = await import("../platform/revision.js");
  const version = await loadVersion(against, file);
  return findingsOf(plansOf(version, environment), rules, today());
}

/** The errors of an invalid file. An error without a position (the file does not exist) refers to the file as a whole. */
function errorsIn(error: KeelsonError, file: string): readonly Diagnostic[] {
  if (error instanceof DiagnosticsError) return error.diagnostics;
  const { code, message, hint } = error;
  return [{ code, severity: "error", message, hint, origin: { kind: "file", file, line: 0, column: 0 } }];
}

/** Throws a `DiagnosticsError` for a named environment that the platform does not have. */
function requestedPlans(loaded: Loaded, options: CheckOptions): readonly Plan[] {
  return options.environment?.map((name) => planOf(loaded, name)) ?? plansOf(loaded);
}

/** The findings of the rules. A fix of a YAML file is safe only if every promise that is kept in an environment stays kept. */
function findingsIn({ file, text }: Loaded, plans: readonly Plan[], rules: readonly Rule[]): readonly Finding[] {
  const findings = findingsOf(plans, rules, today());
  return text === undefined ? findings : verifyFixes(text, findings, (edited) => plansIn(file, edited));
}

/** A fix may reveal the next finding, so fixes are applied in rounds. */
const MAX_FIX_ROUNDS = 5;

/** Corrects misspelled keys, and then applies safe fixes until none remains. */
async function fixFile(file: string, rules: readonly Rule[], options: CheckOptions): Promise<Loaded> {
  let loaded = await loadCorrected(file);
  let count = 0;
  for (let round = 0; round < MAX_FIX_ROUNDS; round++) {
    if (loaded.text === undefined) {
      throw new KeelsonError("check/cannot-fix", `${loaded.file} is code, and --fix only edits YAML`);
    }
    const findings = findingsIn(loaded, requestedPlans(loaded, options), rules);
    const { text, applied } = applySafeFixes(loaded.text, findings, (edited) => plansIn(loaded.file, edited));
    if (applied.length === 0) break;
    await writeText(loaded.path, text);
    for (const { code, hint } of applied) printError(`fixed ${code}: ${hint ?? ""}\n`);
    count += applied.length;
    loaded = await loadPlatform(file);
  }
  printError(
    count === 0
      ? "No automatic fixes available\n"
      : `fixed ${count} finding${count === 1 ? "" : "s"} in ${loaded.file}\n`,
  );
  return loaded;
}

/** The platform, after the keys that are misspelled by few letters were renamed in the file. */
async function loadCorrected(file: string): Promise<Loaded> {
  try {
    return await loadPlatform(file);
  } catch (error) {
    if (!(error instanceof DiagnosticsError) || error.text === undefined) throw error;
    const fixable = error.diagnostics.filter(({ fix }) => fix !== undefined);
    if (fixable.length === 0) throw error;
    const text = applyEdits(
      error.text,
      fixable.flatMap(({ fix = [] }) => fix),
    );
    await writeText(await findFile(file), text);
    for (const { code, message, fix = [] } of fixable)
      printError(`fixed ${code}: ${singleLine(message)}; renamed to ${fix.map(({ rename }) => rename ?? "").join()}\n`);
    return loadPlatform(file);
  }
}

/** Writes the text, and keeps the byte order mark of the file. */
async function writeText(file: string, text: string): Promise<void> {
  // A symbolic link keeps pointing at the file.
  const path = await realpath(file);
  try {
    const mark = (await readFile(path, "utf8")).startsWith("\uFEFF") ? "\uFEFF" : "";
    // The file is replaced as a whole, with its permissions: a full disk or a killed process leaves the old one.
    await writeAtomically(path, `${mark}${text}`, { mode: (await stat(path)).mode & 0o777 });
  } catch (error) {
    throw new KeelsonError("file/unwritable", `cannot write ${path}: ${messageOf(error)}`, {
      hint: "run the check without --fix, and apply the fixes of the findings by hand",
      cause: error,
    });
  }
}

async function formatFindings(
  findings: readonly Finding[],
  rules: readonly Rule[],
  loaded: Loaded,
  plans: readonly Plan[],
  options: CheckOptions,
): Promise<string> {
  const environments = plans.map(({ environment }) => environment);
  switch (options.json ? "json" : options.format) {
    case "sarif":
      return JSON.stringify(sarif(findings, rules, version(), await sourcesOf(loaded.file, loaded.path)), undefined, 2);
    case "json":
      return JSON.stringify(
        { file: loaded.file, environments, findings, summary: countText(findings, environments) },
        undefined,
        2,
      );
    case "text": {
      const colours = coloursFor(process.stdout, process.env);
      const mark = { error: colours.red, warning: colours.yellow, note: colours.dim } as const;
      const texts = new Map(loaded.text === undefined ? [] : [[loaded.file, loaded.text]]);
      return findingsText(findings, texts, environments, (text, severity) => mark[severity](text));
    }
  }
}

/** Rules by code or by group. Throws `check/unknown-rule` for a name that matches none. */
function selectRules(names: readonly string[] | undefined): readonly Rule[] {
  if (!names) return catalogue;
  return names.flatMap((name) => {
    const rules = catalogue.filter(({ code }) => code === name || code.startsWith(`${name}/`));
    if (rules.length > 0) return rules;
    throw new KeelsonError("check/unknown-rule", `there is no rule ${name}`, {
      hint:
        didYouMean(
          name,
          catalogue.map(({ code }) => code),
        ) ?? "keelson check --list-rules prints the rules",
    });
  });
}

function printRules(rules: readonly Rule[], options: CheckOptions): void {
  const table = rules.map(({ code, severity, summary, help }) => ({ code, severity, summary, help }));
  if (options.json || options.format === "json") printJson(table);
  else {
    const width = Math.max(...rules.map(({ code }) => code.length));
    for (const { code, severity, summary } of table) {
      print(`${code.padEnd(width)}  ${severity.padEnd(7)}  ${summary}\n`);
    }
  }
}
