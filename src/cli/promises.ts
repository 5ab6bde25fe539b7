import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { KeelsonError } from "../errors/keelson-error.js";
import { dataDirectory, layout } from "../local/layout.js";
import { type Measurement, measurementsOf } from "../promises/measurement.js";
import { type PromiseSheet, promiseSheet, type Row } from "../promises/sheet.js";
import { explanationText, type Marks, sheetText } from "../promises/text.js";
import { coloursFor } from "./colours.js";
import { loadPlan } from "./load.js";
import { place } from "./option-values.js";

interface Options {
  readonly environment?: string;
  readonly explain?: string;
  readonly data?: string;
  readonly json?: true;
}

export function register(program: Command): void {
  program
    .command("promises")
    .description("what the platform promises: predicted, measured and promised recovery, fault by fault")
    .argument("[file]", "platform file, folder or blueprint", "platform.yaml")
    .option("-e, --environment <name>", "environment of the platform file (its first unless said)")
    .option("--explain <fault[/subject]>", "terms, alert, runbook and drill of a fault, or of a fault on one subject")
    .option("--data <directory>", "data directory with the results of drills", place)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExit code: 0 every promise is kept, 1 one is broken or unknown, 2 the file is unreadable.")
    .action(async (file: string, options: Options) => {
      const plan = await loadPlan(file, options.environment);
      const directory = dataDirectory(options.data, plan);
      const sheet = promiseSheet(plan, await measurements(directory, options.data !== undefined));
      const shown = options.explain === undefined ? sheet : { ...sheet, rows: chosen(sheet, options.explain) };
      process.stdout.write(`${options.json ? JSON.stringify(shown, undefined, 2) : text(shown, options)}\n`);
      if (!kept(sheet)) process.exitCode = 1;
    });
}

/** Unknown is never kept. */
function kept({ rows, availability }: PromiseSheet): boolean {
  return [...rows, ...availability].every(({ verdict }) => verdict === "kept" || verdict === "not-promised");
}

function text(sheet: PromiseSheet, options: Options): string {
  return options.explain === undefined ? sheetText(sheet, marks()) : explanationText(sheet.rows, marks());
}

function chosen(sheet: PromiseSheet, name: string): readonly Row[] {
  const [fault, subject] = name.split("/", 2);
  const rows = sheet.rows.filter((row) => row.fault === fault && (subject === undefined || row.subject === subject));
  if (rows.length > 0) return rows;
  const known = sheet.rows.filter((row) => row.fault === fault).map((row) => `${row.fault}/${row.subject}`);
  throw new KeelsonError("promises/unknown-row", `the sheet of ${sheet.environment} has no row ${name}`, {
    hint: `there ${known.length > 0 ? `are: ${known.join(", ")}` : `is: ${[...new Set(sheet.rows.map((row) => row.fault))].join(", ")}`}`,
  });
}

/** What drills measured on this machine; the reader of results is only loaded where there are any. */
async function measurements(directory: string, named: boolean): Promise<readonly Measurement[]> {
  const { drills } = layout(directory);
  const found = await stat(drills).catch(() => undefined);
  if (!found?.isDirectory()) {
    if (named && !(await stat(directory).catch(() => undefined))?.isDirectory()) {
      throw new KeelsonError("promises/no-data", `there is no data directory ${directory}`);
    }
    return [];
  }
  const { drillStore } = await import("../recovery/drills/results.js");
  return measurementsOf(await drillStore(drills).list());
}

function marks(): Marks {
  const colours = coloursFor(process.stdout, process.env);
  return {
    heading: colours.bold,
    quiet: colours.dim,
    verdict: (shown, verdict) => {
      switch (verdict) {
        case "kept":
          return colours.green(shown);
        case "broken":
          return colours.red(shown);
        case "unknown":
          return colours.yellow(shown);
        case "not-promised":
          return colours.dim(shown);
      }
    },
  };
}
