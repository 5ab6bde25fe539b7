import type { Plan } from "../../plan/plan.js";
import { openSlos } from "../../promises/openslo/render.js";
import { stringifyYaml } from "../../render/yaml.js";
import { printDocument, printError } from "../terminal/output.js";

/**
 * `keelson promises --format openslo`: the objectives that OpenSLO can state, as YAML documents on stdout. The others are named on
 * stderr with the reason. The exit code is 0: whether a promise is kept is what the other formats report.
 */
export function printOpenSlos(plan: Plan): void {
  const { objects, omitted } = openSlos(plan);
  printDocument(objects.map((object) => `---\n${stringifyYaml(object)}`).join(""));
  for (const { name, why } of omitted) printError(`${name} is not written: ${why}\n`);
  if (objects.length === 0 && omitted.length === 0)
    printError("the platform file promises neither availability nor latency\n");
}
