import { readFileSync } from "node:fs";
import { check } from "../../../src/check/check.js";
import type { Finding } from "../../../src/check/finding.js";
import type { Rule } from "../../../src/check/rule.js";
import { verifyFixes } from "../../../src/check/verify-fixes.js";
import { makePlan, type Plan } from "../../../src/plan/index.js";
import { formatDiagnostics, readPlatform } from "../../../src/platform-file/index.js";

/** The plans of every environment of a platform file's text, by the real reader and planner. */
export function plansOf(text: string, file = "platform.yaml"): readonly Plan[] {
  const parsed = readPlatform({ file, text });
  if (!parsed.ok) throw new Error(formatDiagnostics(parsed.diagnostics, text));
  return [...parsed.platform.environments.keys()].map((environment) => {
    const planned = makePlan(parsed.platform, environment);
    if (!planned.ok) throw new Error(formatDiagnostics(planned.diagnostics, text));
    return planned.plan;
  });
}

export function planOf(text: string, environment?: string): Plan {
  const plan = plansOf(text).find((each) => environment === undefined || each.environment === environment);
  if (!plan) throw new Error(`no environment ${environment}`);
  return plan;
}

/** The date of the checks in tests: what has ended on it has ended for ever. */
export const TODAY = "2026-11-29";

export function findingsIn(text: string, rules?: readonly Rule[]): readonly Finding[] {
  return verifyFixes(text, check(plansOf(text), rules, TODAY), plansOf);
}

/** A comment `# ^ code: part of the message` at the end of a line expects that finding on the line. */
export interface Expected {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

export function expectedIn(text: string): readonly Expected[] {
  return text.split("\n").flatMap((source, index) => {
    const match = /# \^ ([a-z-]+\/[a-z-]+): (.+)$/.exec(source);
    const [, code, message] = match ?? [];
    return code === undefined || message === undefined ? [] : [{ line: index + 1, code, message }];
  });
}

export function fixture(code: string, name: "pass" | "fail"): string {
  return readFileSync(new URL(`../../check/rules/${code}/${name}.yaml`, import.meta.url), "utf8");
}
