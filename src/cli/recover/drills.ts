import type { ListedDrill } from "../../contracts/drills.js";
import { layout } from "../../local/layout.js";
import { formatOutcome } from "../../promises/format.js";
import { drillStatement } from "../../recovery/attestation/drill.js";
import { type DrillStore, drillStore } from "../../recovery/drills/store.js";
import { type ConnectionOptions, findData } from "../platform/connection.js";
import { coloursFor } from "../terminal/colours.js";
import { print, printError, printJson, printJsonLine, printResult } from "../terminal/output.js";
import { table } from "../terminal/table.js";
import { summary } from "./drill-summary.js";

export interface DrillsOptions extends ConnectionOptions {
  readonly json?: boolean;
  readonly format?: "text" | "json" | "in-toto";
}

const paint = coloursFor(process.stdout, process.env);

/** `keelson drills`: the history of drills, newest first. It needs no running platform. */
export async function listDrills(options: DrillsOptions): Promise<void> {
  const found = await store(options);
  const { drills, unreadable } = await found.list();
  if (options.format === "in-toto") await printStatements(found, drills);
  else if (options.json || options.format === "json") printJson({ drills, unreadable });
  else if (drills.length === 0) printError("no drill has run; start one: keelson drill process-crash\n");
  else {
    const head = ["DRILL", "FAULT", "RESULT", "RTO", "RPO"].map(paint.dim);
    print(table([head, ...drills.map(row)], ""));
  }
  for (const { id, why } of unreadable) printError(`! ${id} cannot be read: ${why}\n`);
  if (unreadable.length > 0) process.exitCode = 1;
}

/** One unsigned statement per line, oldest first as a log grows. Drills that attest nothing are named on stderr. */
async function printStatements(found: DrillStore, drills: readonly ListedDrill[]): Promise<void> {
  for (const { id } of [...drills].reverse()) {
    const { result, sha256 } = await found.evidence(id);
    const statement = drillStatement(result, sha256);
    if (typeof statement === "string") printError(`drill ${id} attests nothing: ${statement}\n`);
    else printJsonLine(statement);
  }
}

/** `keelson drills show`. */
export async function showDrill(id: string, options: DrillsOptions): Promise<void> {
  const found = await store(options);
  const result = await found.read(id);
  printResult(options.json, result, () => summary(result, found.directory(id)));
}

async function store(options: DrillsOptions) {
  return drillStore(layout(await findData(options)).drills);
}

function row({ id, fault, state, verdict = "unknown", measurements }: ListedDrill): string[] {
  const result = state === "finished" ? verdict.replace("-", " ") : state;
  const mark = result === "kept" ? paint.green : result === "broken" || result === "failed" ? paint.red : paint.dim;
  const worst = (of: "rto" | "rpo") => [...new Set(measurements.map((measurement) => formatOutcome(measurement[of])))];
  return [id, fault, mark(result), worst("rto").join(", "), worst("rpo").join(", ")];
}
