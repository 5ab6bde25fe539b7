import { KeelsonError } from "../../errors/keelson-error.js";
import { withMeasuredLoads } from "../../promises/latency/measured-load.js";
import { type PromiseSheet, promiseSheet } from "../../promises/sheet.js";
import { sheetText } from "../../promises/sheet-text.js";
import { fileOrDefault, loadPlatform, planOf } from "../platform/load.js";
import { printResult } from "../terminal/output.js";
import { terminalMarks } from "./terminal-marks.js";

export interface PromisesOptions {
  readonly environment?: string;
  readonly explain?: string;
  readonly tree?: true;
  readonly data?: string;
  readonly json?: true;
  readonly format?: "text" | "json" | "markdown" | "openslo" | "sarif";
  readonly against?: string;
  readonly whatIf?: readonly string[];
}

/** `keelson promises`. */
export async function promises(given: string | undefined, options: PromisesOptions): Promise<void> {
  const file = await fileOrDefault(given, "read");
  const { against, whatIf, explain, format = "text" } = options;
  if (options.tree && explain === undefined)
    throw new KeelsonError("usage", "--tree needs --explain FAULT[/SUBJECT]", {
      hint: "keelson promises --explain database-loss --tree",
    });
  if (against !== undefined || whatIf !== undefined) {
    if (explain !== undefined)
      throw new KeelsonError("usage", "--explain cannot be combined with --against or --what-if", {
        hint: "a comparison shows the terms that differ",
      });
    if (format === "openslo")
      throw new KeelsonError("usage", "--format openslo is for one version of a platform", {
        hint: "leave out --against and --what-if",
      });
    const { compare } = await import("./compare.js");
    return compare(file, { ...options, format });
  }
  if (format === "markdown" || format === "sarif")
    throw new KeelsonError("usage", `--format ${format} is for a comparison`, {
      hint: `keelson promises --against REVISION --format ${format}`,
    });
  const loaded = await loadPlatform(file);
  const plan = planOf(loaded, options.environment);
  if (format === "openslo") {
    const { printOpenSlos } = await import("./openslo.js");
    return printOpenSlos(plan);
  }
  const { drillMeasurements } = await import("./drill-measurements.js");
  const { observations } = await import("./observations.js");
  const measured = await drillMeasurements(options.data, plan);
  const { modelsInLedger } = await import("./measured-models.js");
  const models = await modelsInLedger(options.data, plan);
  const sheet = promiseSheet(plan, measured, { observations: await observations(options.data, plan), models });
  const json = options.json ?? (format === "json" || undefined);
  if (explain === undefined) printResult(json, sheet, () => sheetText(sheet, terminalMarks()));
  else {
    const { printExplanation } = await import("./explain.js");
    printExplanation(sheet, withMeasuredLoads(plan, models), explain, {
      json,
      tree: options.tree,
      lines: loaded.text?.split("\n"),
    });
  }
  if (!isKept(sheet)) process.exitCode = 1;
}

/** An unknown promise is not kept. */
function isKept({ rows, availability, latency }: PromiseSheet): boolean {
  return [...rows, ...availability, ...latency].every(
    ({ verdict }) => verdict === "kept" || verdict === "not-promised",
  );
}
