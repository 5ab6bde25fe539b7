import fc from "fast-check";
import { expect, test } from "vitest";
import { duration } from "../../dashboard/src/format.js";
import { formatMeasured } from "../../src/promises/format.js";

test("a measurement is formatted alike in the dashboard and in the terminal", () => {
  for (const ms of [3_650, 1_050, 19_950, 26_450, 59_500]) expect(duration(ms)).toBe(formatMeasured(ms));
  fc.assert(fc.property(fc.integer({ min: 0, max: 60_499 }), (ms) => duration(ms) === formatMeasured(ms)));
});
