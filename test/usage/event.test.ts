import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isUsageEvent, sortEvents, usageEvent } from "../../src/runtime/usage/event.js";
import { event } from "../support/usage/events.js";

/** Values as they go wrong: of the wrong type, at the edge of a range, with text that PostgreSQL cannot keep. */
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

describe("an event", () => {
  test("is taken as it is only where the schema takes it, and changes nothing in it", () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: almostEvent }, { weight: 1, arbitrary: fc.anything() }), (value) => {
        const parsed = usageEvent.safeParse(value);
        if (isUsageEvent(value)) {
          taken += 1;
          expect(parsed).toEqual({ success: true, data: value });
        } else if (parsed.success) {
          expect(parsed.data, "only text is mended").not.toEqual(value);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test("with half a surrogate pair in its text is mended, not put aside", () => {
    const { events, rejected } = sortEvents([event({ model: "a\ud800b" })]);
    expect(rejected).toEqual([]);
    expect(events[0]?.model).toBe("a\ufffdb");
  });
});
