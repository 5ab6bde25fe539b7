import { statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { dataDirectory, layout } from "../../local/layout.js";
import type { Plan } from "../../plan/plan.js";
import { foreignDrill, type Measurement, measurementsOf } from "../../promises/measurement.js";
import { printError } from "../terminal/output.js";

/**
 * The measurements of the drills on this machine; empty if no drill has run. A result that cannot be read is a warning on
 * stderr. `named`: the data directory of `--data`. The parser of results is loaded only if there are any.
 *
 * @throws KeelsonError `promises/no-data` if `named` does not exist.
 */
export async function drillMeasurements(named: string | undefined, plan: Plan): Promise<readonly Measurement[]> {
  const directory = dataDirectory(named, plan);
  const { drills } = layout(directory);
  const found = await statIfPresent(drills);
  if (!found?.isDirectory()) {
    if (named !== undefined && !(await statIfPresent(directory))?.isDirectory()) {
      throw new KeelsonError("promises/no-data", `the data directory ${directory} does not exist`);
    }
    return [];
  }
  const { drillStore, unreadable } = await import("../../recovery/drills/store.js");
  const list = await drillStore(drills).list();
  for (const drill of list.unreadable) {
    const { code, message, hint } = unreadable(drill);
    printError(`warning ${code} ${message}\n  hint: ${hint}\n`);
  }
  const of = { platform: plan.platform, environment: plan.environment, now: Date.now() };
  for (const drill of list.drills) {
    const why = foreignDrill(drill, of);
    if (why !== undefined) printError(`warning the result of the drill ${drill.id} is not counted: ${why}\n`);
  }
  return measurementsOf(list.drills, of);
}
