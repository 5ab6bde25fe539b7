import { describe, expect, it } from "vitest";
import { parseWritten, spanBetween, spanOf, unitOf } from "../../dashboard/src/pages/usage/range.js";

const HOUR_MS = 3_600_000;

describe("a range of the usage page", () => {
  it("ends with the current unit, so that it is the same until the next one begins", () => {
    const now = Date.parse("2026-11-22T18:42:31Z");
    expect(spanOf("24h", now)).toEqual({
      from: Date.parse("2026-11-21T19:00:00Z"),
      to: Date.parse("2026-11-22T19:00:00Z"),
    });
    expect(spanOf("30d", now).to).toBe(Date.parse("2026-11-23T00:00:00Z"));
    expect(spanOf("1h", now)).toEqual(spanOf("1h", now + 20_000));
  });

  it("has bars that can be distinguished", () => {
    for (const [hours, unit] of [
      [1, "minute"],
      [24, "hour"],
      [24 * 7, "hour"],
      [24 * 90, "day"],
    ] as const)
      expect(unitOf({ from: 0, to: hours * HOUR_MS })).toBe(unit);
  });

  it("is read from the address, and ignored if it is empty or invalid", () => {
    expect(spanBetween("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z")).toEqual({
      from: Date.parse("2026-11-21T00:00:00Z"),
      to: Date.parse("2026-11-22T00:00:00Z"),
    });
    for (const [from, to] of [
      ["2026-11-22", "2026-11-21"],
      ["yesterday", "2026-11-21"],
      [null, "2026-11-21"],
    ] as const)
      expect(spanBetween(from, to)).toBeUndefined();
  });

  it("is written in the form in which the pages show points in time, or as ISO 8601", () => {
    const expected = new Date(2026, 10, 21, 8, 5).getTime();
    for (const text of ["21 Nov 2026, 08:05", "21 november 2026 8:05", "2026-11-21 08:05", "2026-11-21T08:05"])
      expect(parseWritten(text), text).toBe(expected);
    expect(parseWritten("21 Nov 2026")).toBe(new Date(2026, 10, 21).getTime());
    for (const text of ["", "31 Feb 2026", "2026-13-01", "21 Foo 2026", "21 Nov 2026, 25:00", "noon"])
      expect(parseWritten(text), text).toBeUndefined();
  });
});
