import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { busiestPeriod, MIN_ARRIVALS, type StepCount } from "../../src/runtime/usage/busiest-period.js";

const requestsIn = (counts: readonly StepCount[], back: number, steps: number): number =>
  counts.reduce((sum, each) => sum + (each.back >= back && each.back < back + steps ? each.requests : 0), 0);

describe("the busiest period", () => {
  it("is the busiest one of the shortest length that has enough requests for a rate", () => {
    const counts = fc.uniqueArray(fc.record({ back: fc.nat(40), requests: fc.oneof(fc.nat(20), fc.nat(200)) }), {
      selector: ({ back }) => back,
      maxLength: 30,
    });
    fc.assert(
      fc.property(counts, (steps) => {
        const oldest = Math.max(0, ...steps.map(({ back }) => back));
        const most = [1, 3, 12].map((length) =>
          Math.max(...Array.from({ length: oldest + 1 }, (_, back) => requestsIn(steps, back, length))),
        );
        const found = busiestPeriod(steps);
        const at = most.findIndex((requests) => requests >= MIN_ARRIVALS);
        expect(found?.steps).toBe([1, 3, 12][at]);
        if (!found) return;
        expect(found.requests).toBe(most[at]);
        expect(requestsIn(steps, found.back, found.steps)).toBe(found.requests);
      }),
    );
  });

  it("does not reach beyond the oldest step with requests, so that its rate is not diluted by the time before", () => {
    expect(
      busiestPeriod([
        { back: 0, requests: 60 },
        { back: 5, requests: 60 },
      ]),
    ).toEqual({ back: 0, steps: 12, requests: 120 });
    expect(busiestPeriod([])).toBeUndefined();
  });
});
