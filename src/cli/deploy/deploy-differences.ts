import type { DeployResult, StepResult } from "../../kubernetes/deploy/index.js";
import { sorted } from "../../render/canonical.js";
import { unifiedDiff } from "../../render/unified-diff.js";
import { stringifyYaml } from "../../render/yaml.js";
import { print, printError, printJson } from "../terminal/output.js";

/** Prints what a deploy would change, as a unified diff of the live objects and the expected ones. Exit code 1 if it would change anything. */
export function showDifferences(result: DeployResult, json: boolean): void {
  const differing = result.steps.filter(({ action }) => action !== "keep");
  const secrets = result.secrets.filter(({ action }) => action !== "keep");
  if (json) {
    const steps = differing.map((step) => ({
      object: step.object,
      action: step.action,
      reason: step.reason,
      changes: step.changes,
      diff: diffOf(step),
    }));
    const { namespace, foreign, warnings } = result;
    printJson({ namespace, secrets: result.secrets, steps, foreign, warnings });
  } else {
    for (const step of differing) print(diffOf(step));
    printForeign(result);
    for (const { name, action } of secrets) printError(`secret ${name}: ${action}\n`);
  }
  if (differing.length + secrets.length > 0) process.exitCode = 1;
}

/** Objects of other owners that act on the platform's pods. */
export function printForeign({ foreign }: DeployResult): void {
  for (const { object, effect, targets } of foreign)
    printError(`warning: ${object} is not part of the platform and ${effect} ${targets.join(", ")}\n`);
}

function diffOf({ object, live, expected }: StepResult): string {
  return unifiedDiff(object.replace(" ", "/"), textOf(live), textOf(expected));
}

/** The API server returns the fields of the live object and of the dry run in different orders. */
function textOf(object: unknown): string | undefined {
  return object === undefined ? undefined : stringifyYaml(sorted(object));
}
