import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isUsageEvent, usageEvent } from "../../src/contracts/usage.js";
import { parseEvents } from "../../src/runtime/usage/event.js";
import { event } from "../support/usage/events.js";

describe("received usage events", () => {
  test("are separated from invalid values, with a reason for each of these", () => {
    const valid = event();
    const { events, rejected } = parseEvents([valid, { ...event(), status: 42 }, "text", undefined]);
    expect(events).toEqual([valid]);
    expect(rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("status"),
      expect.stringContaining("expected object"),
      expect.stringContaining("expected object"),
    ]);
  });

  test("with a lone surrogate in their text are repaired, not rejected", () => {
    const { events, rejected } = parseEvents([event({ model: "a\ud800b" })]);
    expect(rejected).toEqual([]);
    expect(events[0]?.model).toBe("a\ufffdb");
  });

  test("are accepted without the schema exactly if the schema returns them unchanged", () => {
    const odd = fc.oneof(
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.constantFrom("", "\0", "a\ud800", "x".repeat(400), "x".repeat(401), "chat", "image"),
      fc.double(),
      fc.integer(),
      fc.constantFrom(-1, 99, 100, 599, 600, 2 ** 53, 0.5, 253_402_300_800_000, Number.NaN),
      fc.boolean(),
      fc.constantFrom(null, undefined, [], {}),
    );
    const fields = Object.keys(event());
    fc.assert(
      fc.property(fc.constantFrom(...fields, "unknown"), odd, fc.boolean(), (field, value, remove) => {
        const changed: Record<string, unknown> = { ...event(), [field]: value };
        if (remove) delete changed[field];
        const parsed = usageEvent.safeParse(changed);
        const same = parsed.success && isDeepStrictEqual(parsed.data, changed);
        expect(isUsageEvent(changed)).toBe(same);
      }),
      { numRuns: 500 },
    );
  });
});
