import { expect, it } from "vitest";
import { trendPoints } from "../../dashboard/src/pages/promises/trend-points.js";
import type { Outcome } from "../../src/contracts/drills.js";

const drill = (rto: Outcome, promised?: number) => ({
  ...{ drill: "d", at: 1, rto, rpo: { kind: "not-applicable" } as const },
  ...(promised === undefined ? {} : { promised: { rto: promised }, predicted: { rto: promised / 2 } }),
});

it("puts what drills measured, and what was promised and predicted then, on one scale", () => {
  const history = [drill({ kind: "measured", ms: 50 }, 200), drill({ kind: "never-recovered", afterMs: 900 }, 100)];
  expect(trendPoints(history, "rto")).toEqual([
    { drill: "d", measured: 0.25, promised: 1, predicted: 0.5 },
    { drill: "d", measured: "never", promised: 0.5, predicted: 0.25 },
  ]);
});

it("leaves out what was not measured or not promised", () => {
  const nothing = { drill: "d", measured: undefined, promised: undefined, predicted: undefined };
  expect(trendPoints([drill({ kind: "measured", ms: 0 })], "rpo")).toEqual([nothing]);
  expect(trendPoints([drill({ kind: "measured", ms: 0 })], "rto")).toEqual([{ ...nothing, measured: 0 }]);
});
