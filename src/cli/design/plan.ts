import { KeelsonError } from "../../errors/keelson-error.js";
import { suggest } from "../../platform-file/suggest.js";
import { fileOrDefault, loadPlatform, planOf } from "../platform/load.js";
import { coloursFor } from "../terminal/colours.js";
import { print, printError, printJson } from "../terminal/output.js";

export interface PlanOptions {
  readonly environment?: string;
  readonly json?: boolean;
  readonly explain?: string | boolean;
}

/** `keelson plan`: the plan of a platform file under an environment, or (`--explain`) the origin of its values. */
export async function plan(given: string | undefined, { environment, json, explain }: PlanOptions): Promise<void> {
  const file = await fileOrDefault(given, "read");
  const loaded = await loadPlatform(file);
  const plan = planOf(loaded, environment);
  if (explain !== undefined && explain !== false) {
    const path = explain === true ? "" : explain;
    const { explanations, explanationTable } = await import("./plan-explain.js");
    const found = explanations(plan, loaded.platform.environments.get(plan.environment), path);
    if (found.length === 0) throw unknownPath(path, plan.origins);
    if (json) printJson(found);
    else print(explanationTable(found, coloursFor(process.stdout, process.env)));
    return;
  }
  if (json) {
    printJson(plan);
    return;
  }
  const { formatDiagnostics } = await import("../../platform-file/diagnostic.js");
  const { planTables } = await import("./plan-tables.js");
  if (loaded.warnings.length > 0) printError(`${formatDiagnostics(loaded.warnings, loaded.text)}\n\n`);
  print(planTables(plan, coloursFor(process.stdout, process.env)));
}

function unknownPath(path: string, origins: Readonly<Record<string, unknown>>): KeelsonError {
  const known = Object.keys(origins);
  const top = [...new Set(known.map((key) => key.split(/[.[]/)[0] ?? ""))].sort().join(", ");
  const near = suggest(path, known);
  return new KeelsonError("plan/no-such-path", `the plan has no value at \`${path}\``, {
    hint: near === undefined ? `paths start with: ${top}` : `did you mean \`${near}\`?`,
  });
}
