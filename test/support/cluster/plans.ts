import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { makePlan } from "../../../src/plan/index.js";
import type { Plan } from "../../../src/plan/plan.js";
import { formatDiagnostics, readPlatform } from "../../../src/platform-file/index.js";

const folder = new URL("../../../blueprints/", import.meta.url);

/** The plan of every blueprint in each of its environments, by `blueprint environment`. */
export function blueprintPlans(): ReadonlyMap<string, Plan> {
  const plans = new Map<string, Plan>();
  for (const name of readdirSync(folder)) {
    const file = fileURLToPath(new URL(`${name}/platform.yaml`, folder));
    for (const plan of plansOf(file, readFileSync(file, "utf8"))) plans.set(`${name} ${plan.environment}`, plan);
  }
  return plans;
}

/** The plans of every blueprint, in the order of its environments, by its name. */
export function platformPlans(): ReadonlyMap<string, readonly Plan[]> {
  const platforms = new Map<string, Plan[]>();
  for (const [name, plan] of blueprintPlans()) {
    const blueprint = name.slice(0, name.indexOf(" "));
    platforms.set(blueprint, [...(platforms.get(blueprint) ?? []), plan]);
  }
  return platforms;
}

export function blueprintPlan(blueprint: string, environment: string): Plan {
  const plan = blueprintPlans().get(`${blueprint} ${environment}`);
  if (plan === undefined) throw new Error(`no blueprint ${blueprint} with an environment ${environment}`);
  return plan;
}

/** The plans of a platform file in each of its environments. */
export function plansOf(file: string, text: string): readonly Plan[] {
  const read = readPlatform({ file, text });
  if (!read.ok) throw new Error(formatDiagnostics(read.diagnostics, text));
  return [...read.platform.environments.keys()].map((environment) => {
    const planned = makePlan(read.platform, environment);
    if (!planned.ok) throw new Error(formatDiagnostics(planned.diagnostics, text));
    return planned.plan;
  });
}
