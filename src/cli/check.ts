import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { check as findingsOf } from "../check/check.js";
import type { Finding } from "../check/finding.js";
import { fixed } from "../check/fix.js";
import { sarif, sarifOfErrors } from "../check/output/sarif.js";
import { countText, findingsText } from "../check/output/text.js";
import type { Rule } from "../check/rule.js";
import { rules as catalogue } from "../check/rules/index.js";
import { proven } from "../check/safety.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { messageOf } from "../errors/thrown.js";
import { makePlan } from "../plan/index.js";
import type { Plan } from "../plan/plan.js";
import type { Diagnostic } from "../platform-file/diagnostic.js";
import { DiagnosticsError } from "../platform-file/diagnostics-error.js";
import { readPlatform } from "../platform-file/index.js";
import { didYouMean } from "../platform-file/suggest.js";
import { coloursFor } from "./colours.js";
import { findFile, type Loaded, loadPlatform, planOf } from "./load.js";
import { sourcesOf } from "./sources.js";
import { version } from "./version.js";

export interface CheckOptions {
  readonly environment?: readonly string[];
  readonly rule?: readonly string[];
  readonly format: "text" | "json" | "sarif";
  readonly json?: true;
  readonly strict?: true;
  readonly fix?: true;
  readonly listRules?: true;
}

/** `keelson check`. `formatIsExplicit`: `--format` was given on the command line. */
export async function check(file: string, options: CheckOptions, formatIsExplicit: boolean): Promise<void> {
  const { format, json } = options;
  if (json && format !== "json" && formatIsExplicit)
    throw new KeelsonError("usage", `--json and --format ${format} contradict each other`, {
      hint: "--json is --format json: give one of them",
    });
  if (options.listRules && format === "sarif")
    throw new KeelsonError("usage", "--list-rules is printed as text or as JSON", {
      hint: "a SARIF log names the rules: keelson check FILE --format sarif",
    });
  try {
    await checked(file, options);
  } catch (error) {
    if (options.format !== "sarif" || options.json || !(error instanceof KeelsonError)) throw error;
    const errors = errorsIn(error, file);
    const path = await findFile(file).catch(() => resolve(file));
    const sources = await sourcesOf(errors[0]?.origin.file ?? file, path);
    process.stdout.write(`${JSON.stringify(sarifOfErrors(errors, version(), sources), undefined, 2)}\n`);
    process.exitCode = error.exitCode;
  }
}

async function checked(file: string, options: CheckOptions): Promise<void> {
  const rules = chosen(options.rule);
  if (options.listRules) return list(rules, options);
  let loaded = await loadPlatform(file);
  if (options.fix) loaded = await mended(file, loaded, rules, options);
  const plans = plansOf(loaded, options);
  const findings = findingsIn(loaded, plans, rules);
  process.stdout.write(`${await printed(findings, rules, loaded, plans, options)}\n`);
  if (findings.some(({ severity }) => severity === "error" || (options.strict && severity === "warning"))) {
    process.exitCode = 1;
  }
}

/** Everything that is wrong with a file; an error that has no place in it (it is not there at all) stands at the file. */
function errorsIn(error: KeelsonError, file: string): readonly Diagnostic[] {
  if (error instanceof DiagnosticsError) return error.diagnostics;
  const { code, message, hint } = error;
  return [{ code, severity: "error", message, hint, origin: { kind: "file", file, line: 0, column: 0 } }];
}

function plansOf(loaded: Loaded, options: CheckOptions): readonly Plan[] {
  const names = options.environment ?? [...loaded.platform.environments.keys()];
  return names.map((name) => planOf(loaded, name));
}

/** What the rules find; of a file, a fix is called safe only where no environment loses a promise by it. */
function findingsIn({ file, text }: Loaded, plans: readonly Plan[], rules: readonly Rule[]): readonly Finding[] {
  const findings = findingsOf(plans, rules);
  return text === undefined ? findings : proven(text, findings, (edited) => plansIn(file, edited));
}

/** The plans of every environment of a text; undefined where it cannot be read or planned. */
function plansIn(file: string, text: string): readonly Plan[] | undefined {
  const parsed = readPlatform({ file, text });
  if (!parsed.ok) return undefined;
  const { platform } = parsed;
  const planned = [...platform.environments.keys()].map((environment) => makePlan(platform, environment));
  const plans = planned.flatMap((each) => (each.ok ? [each.plan] : []));
  return plans.length === planned.length ? plans : undefined;
}

/** Applies safe fixes until none is left; one fix may show the next finding, so a few rounds are allowed. */
async function mended(file: string, first: Loaded, rules: readonly Rule[], options: CheckOptions): Promise<Loaded> {
  let loaded = first;
  let count = 0;
  for (let round = 0; round < 5; round++) {
    if (loaded.text === undefined) {
      throw new KeelsonError("check/cannot-fix", `${loaded.file} is code, and only YAML is mended`);
    }
    const findings = findingsIn(loaded, plansOf(loaded, options), rules);
    const { text, applied } = fixed(loaded.text, findings, (edited) => plansIn(loaded.file, edited));
    if (applied.length === 0) break;
    await rewritten(loaded.path, text);
    for (const { code, hint } of applied) process.stderr.write(`mended ${code}: ${hint ?? ""}\n`);
    count += applied.length;
    loaded = await loadPlatform(file);
  }
  process.stderr.write(
    count === 0 ? "nothing to mend\n" : `mended ${count} finding${count === 1 ? "" : "s"} in ${loaded.file}\n`,
  );
  return loaded;
}

/** Every other byte stays: the mark that some editors put before a text as well. */
async function rewritten(path: string, text: string): Promise<void> {
  try {
    const mark = (await readFile(path, "utf8")).startsWith("\uFEFF") ? "\uFEFF" : "";
    await writeFile(path, `${mark}${text}`);
  } catch (error) {
    throw new KeelsonError("file/unwritable", `cannot write ${path}: ${messageOf(error)}`, {
      hint: "the findings without --fix say what to change",
      cause: error,
    });
  }
}

async function printed(
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

/** Rules by code or by group; a word that fits none is a mistake, not an empty set. */
function chosen(words: readonly string[] | undefined): readonly Rule[] {
  if (!words) return catalogue;
  return words.flatMap((word) => {
    const rules = catalogue.filter(({ code }) => code === word || code.startsWith(`${word}/`));
    if (rules.length > 0) return rules;
    throw new KeelsonError("check/unknown-rule", `there is no rule ${word}`, {
      hint:
        didYouMean(
          word,
          catalogue.map(({ code }) => code),
        ) ?? "keelson check --list-rules shows them",
    });
  });
}

function list(rules: readonly Rule[], options: CheckOptions): void {
  const table = rules.map(({ code, severity, summary, help }) => ({ code, severity, summary, help }));
  if (options.json || options.format === "json") process.stdout.write(`${JSON.stringify(table, undefined, 2)}\n`);
  else {
    const width = Math.max(...rules.map(({ code }) => code.length));
    for (const { code, severity, summary } of table) {
      process.stdout.write(`${code.padEnd(width)}  ${severity.padEnd(7)}  ${summary}\n`);
    }
  }
}
