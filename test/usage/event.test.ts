import { describe, expect, test } from "vitest";
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
});
