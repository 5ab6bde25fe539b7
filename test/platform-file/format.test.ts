import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCpu,
  formatDuration,
  formatRange,
  formatRatio,
  MAX_COUNT,
  type Reading,
  readBytes,
  readCount,
  readCpu,
  readDuration,
  readParameters,
  readRange,
  readRatio,
} from "../../src/platform-file/format.js";
import { formatPath, parsePath } from "../../src/platform-file/path.js";
import { formatSchedule, readSchedule } from "../../src/platform-file/schedule.js";

const ok = <T>(value: T): Reading<T> => ({ ok: true, value });
const DAY = 86_400_000;

describe("durations", () => {
  it.each([
    ["30s", 30_000],
    ["5m", 300_000],
    ["24h", DAY],
    ["7d", 7 * DAY],
    ["2w", 14 * DAY],
    ["1h30m", 5_400_000],
    ["250ms", 250],
    ["1.5s", 1500],
    [0, 0],
  ])("%s is read", (input, value) => expect(readDuration(input)).toEqual(ok(value)));

  it("refuses a number without a unit, with durations as the hint", () => {
    expect(readDuration(5)).toEqual({
      ok: false,
      message: "`5` has no unit",
      hint: "write 5s, 5m or 5h",
    });
  });

  it.each(["", "m", "5 m", "5x", "-5m", "five", null, {}, [], "5m later"])("%j is refused", (input) =>
    expect(readDuration(input)).toMatchObject({ ok: false }),
  );

  it("refuses more than 100 years", () => expect(readDuration("99999999999999d").ok).toBe(false));

  it.each([
    [300_000, "5m"],
    [DAY, "24h"],
    [2 * DAY, "2d"],
    [90 * DAY, "90d"],
    [5_400_000, "90m"],
    [754_321, "12m34s321ms"],
    [0, "0s"],
  ])("%i is formatted as %s", (value, text) => expect(formatDuration(value)).toBe(text));

  it("parses what it formats", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 * 365 * DAY }), (ms) => {
        expect(readDuration(formatDuration(ms))).toEqual(ok(ms));
      }),
    );
  });
});

describe("sizes", () => {
  it.each([
    ["16Gi", 16 * 2 ** 30],
    ["512Mi", 512 * 2 ** 20],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["200G", 200e9],
    ["10k", 10_000],
  ])("%s is read", (input, value) => expect(readBytes(input)).toEqual(ok(value)));

  it("hints Gi or G for GB", () => {
    expect(readBytes("16GB")).toMatchObject({ ok: false, hint: "write 16Gi (powers of 1024) or 16G" });
    expect(readBytes(16)).toMatchObject({ ok: false, hint: "write 16Gi or 16Mi" });
  });

  it("parses what it formats", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(readBytes(formatBytes(bytes))).toEqual(ok(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.nat(4096), (gi) => {
        expect(readBytes(formatBytes(gi * 2 ** 30))).toEqual(ok(gi * 2 ** 30));
      }),
    );
  });
});

describe("CPU", () => {
  it.each([
    ["500m", 500],
    [2, 2000],
    ["1.5", 1500],
    [0.25, 250],
  ])("%s is read", (input, value) => expect(readCpu(input)).toEqual(ok(value)));
  it.each(["0.5 cores", "-1", "1e3", Number.NaN, "m"])("%s is refused", (input) =>
    expect(readCpu(input).ok).toBe(false),
  );
  it("parses what it formats", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), (cpu) => {
        expect(readCpu(formatCpu(cpu))).toEqual(ok(cpu));
      }),
    );
  });
});

describe("percentages", () => {
  it("reads 99.9% exactly", () => expect(readRatio("99.9%")).toEqual(ok(0.999)));
  it("hints the percentage for a number", () => {
    expect(readRatio(99.9)).toMatchObject({ ok: false, hint: "write 99.9%" });
    expect(readRatio(0.7)).toMatchObject({ ok: false, hint: "write 70%" });
  });
  it("refuses more than 100%", () => expect(readRatio("101%").ok).toBe(false));
  it("parses what it formats", () => {
    const decimals = fc
      .tuple(fc.nat(1_000_000), fc.integer({ min: 6, max: 9 }))
      .map(([n, power]) => Number(`${n}e-${power}`));
    fc.assert(
      fc.property(decimals, (ratio) => {
        expect(readRatio(formatRatio(ratio))).toEqual(ok(ratio));
      }),
    );
  });
});

describe("ranges", () => {
  it("reads one number as both ends", () => expect(readRange(3, readCount)).toEqual(ok({ min: 3, max: 3 })));
  it("reads minimum and maximum", () => {
    expect(readRange("2..10", readCount)).toEqual(ok({ min: 2, max: 10 }));
    expect(readRange("500m..1", readCpu)).toEqual(ok({ min: 500, max: 1000 }));
  });
  it("hints the ascending range for a descending one", () =>
    expect(readRange("10..2", readCount)).toMatchObject({ ok: false, hint: "write 2..10" }));
  it("allows an open maximum only for parameter counts", () => {
    expect(readRange("13B..", readParameters, { openEnd: true })).toEqual(
      ok({ min: 13e9, max: Number.MAX_SAFE_INTEGER }),
    );
    expect(readRange("3..", readCount).ok).toBe(false);
  });
  it.each([
    ["3-10", "3..10"],
    ["3 - 10", "3..10"],
    ["3–10", "3..10"],
    ["3:10", "3..10"],
    ["3 to 10", "3..10"],
  ])("hints the notation of a range for %s", (input, range) =>
    expect(readRange(input, readCount)).toEqual({
      ok: false,
      message: `\`${input}\` is not a range`,
      hint: `write ${range}`,
    }),
  );
  it("hints it with units, and not for a range that does not ascend", () => {
    expect(readRange("500m-1", readCpu)).toMatchObject({ hint: "write 500m..1" });
    expect(readRange("1Gi-2Gi", readBytes)).toMatchObject({ hint: "write 1Gi..2Gi" });
    expect(readRange("10-3", readCount)).toMatchObject({ hint: "write it like 3" });
  });
  it.each(["..", "1..2..3", "..5", "a..b", "1...2"])("%s is refused", (input) =>
    expect(readRange(input, readCount).ok).toBe(false),
  );
  it("parses what it formats", () => {
    fc.assert(
      fc.property(fc.nat(MAX_COUNT), fc.nat(MAX_COUNT), (a, b) => {
        const range = { min: Math.min(a, b), max: Math.max(a, b) };
        expect(readRange(formatRange(range, String), readCount)).toEqual(ok(range));
        expect(readRange(formatRange(range, formatCpu), readCpu)).toEqual(ok(range));
        expect(readRange(formatRange(range, formatBytes), readBytes)).toEqual(ok(range));
      }),
    );
  });
});

describe("parameter counts", () => {
  it.each([
    ["7B", 7e9],
    ["0.5B", 5e8],
    ["350M", 350e6],
    ["1T", 1e12],
  ])("%s is read", (input, value) => expect(readParameters(input)).toEqual(ok(value)));
});

describe("schedules", () => {
  it.each([
    ["daily keep 30d", { every: DAY, keep: 30 * DAY }],
    ["5m keep 7d", { every: 300_000, keep: 7 * DAY }],
    ["at 01:00 keep 30d", { every: DAY, at: "01:00", keep: 30 * DAY }],
    ["daily at 01:00", { every: DAY, at: "01:00" }],
    ["every 6h keep 7d", { every: 6 * 3_600_000, keep: 7 * DAY }],
    ["weekly at 03:30 keep 90d", { every: 7 * DAY, at: "03:30", keep: 90 * DAY }],
    ["on change keep 90d", { every: 0, keep: 90 * DAY }],
    ["1m", { every: 60_000 }],
  ])("%s is read", (input, value) => expect(readSchedule(input)).toEqual(ok(value)));

  it.each([
    ["daily keep 30", "write 30s, 30m or 30h"],
    ["5 keep 7d", "write 5s, 5m or 5h"],
    ["at 25:00", "write it like 01:00 (UTC)"],
  ])("%s is refused with a hint", (input, hint) => expect(readSchedule(input)).toMatchObject({ ok: false, hint }));

  it.each([
    "",
    "keep 7d",
    "sometimes",
    "5m at 01:00",
    "daily keep",
    "daily keep 7d keep 8d",
    "daily daily",
    5,
    null,
    "0s",
  ])("%j is refused", (input) => expect(readSchedule(input).ok).toBe(false));

  it("parses what it formats", () => {
    const time = fc
      .tuple(fc.nat(23), fc.nat(59))
      .map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
    const keep = fc.option(
      fc.integer({ min: 1, max: 3650 }).map((days) => days * DAY),
      { nil: undefined },
    );
    const intervals = fc.record({ every: fc.integer({ min: 1000, max: 30 * DAY }) });
    const timed = fc.record({ every: fc.integer({ min: 1, max: 30 }).map((days) => days * DAY), at: time });
    const changes = fc.constant({ every: 0 });
    fc.assert(
      fc.property(fc.oneof(intervals, timed, changes), keep, (when, kept) => {
        const schedule = kept === undefined ? when : { ...when, keep: kept };
        expect(readSchedule(formatSchedule(schedule))).toEqual(ok(schedule));
      }),
    );
  });
});

describe("paths", () => {
  it("are formatted as in the file", () => {
    expect(formatPath(["services", "gateway", "calls", 1])).toBe("services.gateway.calls[1]");
    expect(formatPath(["models", "llama-3.1", "source"])).toBe('models["llama-3.1"].source');
  });
  it("are parsed in the forms that users type", () =>
    expect(parsePath("services.gateway.calls[1].")).toEqual(["services", "gateway", "calls", 1]));
  it("parse to what was formatted", () => {
    const key = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("a.b", 'a"b', "a]b", "[0]", "\\", "x y"));
    fc.assert(
      fc.property(fc.array(fc.oneof(key, fc.nat(99)), { minLength: 1 }), (segments) => {
        expect(parsePath(formatPath(segments))).toEqual(segments);
      }),
    );
  });
});
