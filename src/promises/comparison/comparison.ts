import type { Plan } from "../../plan/plan.js";
import { promiseSheet } from "../sheet.js";
import { compareSheets, type PromiseChange, promisesOf } from "./compare.js";
import { type PlatformSize, sizeOf } from "./size.js";

/** What a change of the platform file does to the promises of one environment, and to its size. */
export interface EnvironmentComparison {
  readonly environment: string;
  readonly changes: readonly PromiseChange[];
  /** Promises of the later version that are the same in both. */
  readonly unchanged: number;
  /** Undefined: the environment is not in this version. */
  readonly before: PlatformSize | undefined;
  readonly after: PlatformSize | undefined;
}

/**
 * Compares two versions of a platform, environment by environment, by prediction alone: drills measured only one of them.
 * The environments are in the order of the later version, then those that it has no more.
 */
export function comparePlatforms(before: readonly Plan[], after: readonly Plan[]): readonly EnvironmentComparison[] {
  const old = new Map(before.map((plan) => [plan.environment, plan]));
  const now = new Map(after.map((plan) => [plan.environment, plan]));
  return [...new Set([...now.keys(), ...old.keys()])].map((environment) => {
    const was = old.get(environment);
    const is = now.get(environment);
    const sheet = is && promiseSheet(is, []);
    const changes = compareSheets(was && promiseSheet(was, []), sheet);
    const promises = sheet === undefined ? 0 : promisesOf(sheet).length;
    const changed = changes.filter(({ after: promised }) => promised !== undefined).length;
    return {
      environment,
      changes,
      unchanged: promises - changed,
      before: was && sizeOf(was),
      after: is && sizeOf(is),
    };
  });
}
