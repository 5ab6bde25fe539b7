import { makePlan } from "../../plan/index.js";
import type { Plan } from "../../plan/plan.js";
import { readPlatform } from "../../platform-file/index.js";

/** The plans of every environment of a text; undefined if it is invalid. */
export function plansIn(file: string, text: string): readonly Plan[] | undefined {
  const parsed = readPlatform({ file, text });
  if (!parsed.ok) return undefined;
  const { platform } = parsed;
  const planned = [...platform.environments.keys()].map((environment) => makePlan(platform, environment));
  const plans = planned.flatMap((each) => (each.ok ? [each.plan] : []));
  return plans.length === planned.length ? plans : undefined;
}
