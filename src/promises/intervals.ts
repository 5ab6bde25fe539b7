import type { Milliseconds } from "../plan/plan.js";

const MINUTE_MS = 60_000;

/** Common backup intervals, longest first. */
const COMMON_INTERVALS_MS: readonly Milliseconds[] = [
  1440,
  720,
  360,
  240,
  120,
  60,
  30,
  15,
  10,
  5,
  1,
  1 / 2,
  1 / 4,
  1 / 6,
].map((count) => count * MINUTE_MS);

/** The longest common interval within both limits; `shortest`: of those that the product supports. */
export function longestIntervalWithin(
  limit: Milliseconds,
  longest: Milliseconds,
  shortest: Milliseconds = 0,
): Milliseconds | undefined {
  return COMMON_INTERVALS_MS.find((every) => every <= limit && every <= longest && every >= shortest);
}
