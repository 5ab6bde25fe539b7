import { describe, expect, it } from "vitest";
import { fitLine } from "../../calibration/fit.js";

describe("a line through measurements", () => {
  it("has the fixed part and the rate of points on a line, without an error", () => {
    const fit = fitLine([
      [1, 12],
      [2, 14],
      [9, 28],
    ]);
    expect(fit?.fixed).toBeCloseTo(10);
    expect(fit?.perUnit).toBeCloseTo(2);
    expect(fit?.at(100).value).toBeCloseTo(210);
    expect(fit?.at(100).error).toBeCloseTo(0);
  });

  it("has an error that grows with the distance from the measured sizes", () => {
    const fit = fitLine([
      [1, 1],
      [2, 3],
      [3, 2],
      [4, 4],
    ]);
    // By hand: slope 0.8, residual variance 0.9, spread 5, mean 2.5, t of two degrees of freedom 4.303.
    expect(fit?.perUnit).toBeCloseTo(0.8);
    expect(fit?.at(2.5).error).toBeCloseTo(4.303 * Math.sqrt(0.9 * 1.25));
    expect(fit?.at(12.5).error).toBeCloseTo(4.303 * Math.sqrt(0.9 * (1.25 + 20)));
  });

  it("needs three points and two sizes", () => {
    expect(
      fitLine([
        [1, 1],
        [2, 2],
      ]),
    ).toBeUndefined();
    expect(
      fitLine([
        [1, 1],
        [1, 2],
        [1, 3],
      ]),
    ).toBeUndefined();
  });
});
