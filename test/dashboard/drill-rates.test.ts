import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { perSecond } from "../../src/contracts/drill-rates.js";

const steps = (ok: readonly number[], failed: readonly number[] = []) =>
  ok.map((count, index) => ({ t: index * 250, ok: count, failed: failed[index] ?? 0 }));

describe("rates of a drill's plot", () => {
  it("count the second that ends at each point", () => {
    const fifteen = Array.from({ length: 5 }, () => [4, 4, 4, 3]).flat();
    expect(
      perSecond(steps(fifteen), false)
        .slice(3)
        .map(({ ok }) => ok),
    ).toEqual(Array.from({ length: 17 }, () => 15));
  });

  it("are plotted at the end of their second, so that a fault is not visible before it was injected", () => {
    const injected = perSecond(steps([4, 4, 4, 4, 0, 0, 0, 0], [0, 0, 0, 0, 4, 4, 4, 4]), false);
    expect(injected.find(({ failed }) => failed > 0)).toEqual({ t: 1250, ok: 12, failed: 4 });
    expect(injected.at(-1)).toEqual({ t: 2000, ok: 0, failed: 16 });
  });

  it("omit the incomplete last step", () => {
    expect(perSecond(steps([4, 4, 1]), true)).toHaveLength(2);
    expect(perSecond([], true)).toEqual([]);
  });

  it("never exceed the counts, and include every failure", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { minLength: 2, maxLength: 80 }), (failed) => {
        const shown = perSecond(
          steps(
            failed.map(() => 0),
            failed,
          ),
          false,
        );
        const all = failed.reduce((sum, count) => sum + count, 0);
        expect(Math.max(...shown.map((point) => point.failed))).toBeLessThanOrEqual(all);
        expect(shown.some((point) => point.failed > 0)).toBe(all > 0);
      }),
    );
  });
});
