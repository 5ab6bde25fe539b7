import fc from "fast-check";

/** `npm run test:core` sets KEELSON_QUICK: properties run a fifth of their cases. `npm test` always runs all of them. */
const QUICK_DIVISOR = process.env["KEELSON_QUICK"] === undefined ? 1 : 5;
const DEFAULT_RUNS = 100;

/** The number of cases of a property. */
export function runs(full: number): number {
  return Math.ceil(full / QUICK_DIVISOR);
}

/** Setup file of the core lane: properties without a number of their own follow as well. */
fc.configureGlobal({ numRuns: runs(DEFAULT_RUNS) });
