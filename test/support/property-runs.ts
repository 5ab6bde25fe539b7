import fc from "fast-check";

/**
 * `npm run test:core` sets KEELSON_QUICK: properties run a fifth of their cases. `npm test` always runs all of them. With
 * KEELSON_STRESS=50 they run 50 times as many.
 */
const QUICK_DIVISOR = process.env["KEELSON_QUICK"] === undefined ? 1 : 5;
const STRESS_FACTOR = Number(process.env["KEELSON_STRESS"] ?? 1);
const DEFAULT_RUNS = 100;

export const stressed = STRESS_FACTOR > 1;

/** The number of cases of a property. */
export function runs(full: number): number {
  return Math.ceil((full * STRESS_FACTOR) / QUICK_DIVISOR);
}

/** Setup file of the core lane: properties without a number of their own follow as well. */
fc.configureGlobal({ numRuns: runs(DEFAULT_RUNS) });
