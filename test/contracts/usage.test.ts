import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sumUsage, USAGE_FIGURES, type UsageFigures, usageEvent } from "../../src/contracts/usage.js";
import { runs } from "../support/property-runs.js";
import { event } from "../support/usage/events.js";

/** Values as they go wrong: of the wrong type, at the edge of a range, with text that PostgreSQL cannot store. */
const oddity: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom("", "a\0b", "\ud800", "ship \u{1f6a2}", "x".repeat(400), "x".repeat(401), "chat", "CHAT"),
  fc.constantFrom(-1, -0, 0, 0.5, 99, 100, 599, 600, 2 ** 53 - 1, 2 ** 53, 253_402_300_799_999, 253_402_300_800_000),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, null, undefined, true, "true", {}, []),
  fc.string({ unit: "binary" }),
  fc.double(),
);

const fields = Object.keys(event());
const almostEvent = fc
  .dictionary(fc.constantFrom(...fields), oddity, { maxKeys: 3 })
  .map((odd): unknown => ({ ...event(), ...odd }));

const row: fc.Arbitrary<UsageFigures> = fc.record({
  requests: fc.nat(),
  inputTokens: fc.nat(),
  outputTokens: fc.nat(),
  errors: fc.nat(),
  estimated: fc.nat(),
});

describe("a usage event", () => {
  test("that is accepted can be stored: no NUL, no lone surrogate, whole and finite figures", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: almostEvent }, { weight: 1, arbitrary: fc.anything() }), (value) => {
        const parsed = usageEvent.safeParse(value);
        if (!parsed.success) return;
        accepted += 1;
        const { id, organisation, keyId, model, inputTokens, outputTokens, status, at, durationMs } = parsed.data;
        for (const text of [id, organisation, keyId, model]) {
          expect(text).not.toMatch(/[\0\p{Surrogate}]/u);
          expect(text.length).toBeGreaterThan(0);
          expect(text.length).toBeLessThanOrEqual(400);
        }
        for (const count of [inputTokens, outputTokens, status]) expect(Number.isSafeInteger(count)).toBe(true);
        for (const figure of [at, durationMs]) expect(Number.isFinite(figure)).toBe(true);
        expect(usageEvent.parse(parsed.data), "parsing is idempotent").toEqual(parsed.data);
      }),
      { numRuns: runs(3_000) },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

describe("the sum of usage rows", () => {
  test("is the sum of each figure, in any order and grouping", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 20 }), fc.nat({ max: 20 }), (rows, at) => {
        const sum = sumUsage(rows);
        for (const figure of USAGE_FIGURES)
          expect(sum[figure]).toBe(rows.reduce((total, each) => total + each[figure], 0));
        expect(sumUsage([sumUsage(rows.slice(0, at)), sumUsage(rows.slice(at).reverse())])).toEqual(sum);
      }),
    );
  });
});
