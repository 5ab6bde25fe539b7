import { describe, expect, it } from "vitest";
import { LOG_LEVELS, matches, readLogLine } from "../../src/cli/run/log-line.js";

const checkpoint = "2026-11-21 08:01:02.345 UTC [4711] LOG:  checkpoint starting: time";

describe("a line of a log", () => {
  it("of a module has its time, level, message and fields", () => {
    const line = readLogLine("gateway", '{"level":40,"time":1795975758895,"pid":7,"msg":"slow","model":"a"}');
    expect(line).toEqual({
      process: "gateway",
      at: 1_795_975_758_895,
      level: LOG_LEVELS.warn,
      message: "slow",
      fields: { model: "a" },
    });
  });

  it("of PostgreSQL has the time of its prefix and the level of its severity", () => {
    expect(readLogLine("postgres", checkpoint)).toMatchObject({
      at: Date.UTC(2026, 10, 21, 8, 1, 2, 345),
      level: LOG_LEVELS.debug,
      message: "LOG:  checkpoint starting: time",
    });
    expect(readLogLine("postgres", "2026-11-21 08:01:02.345 UTC [1] ERROR:  no").level).toBe(LOG_LEVELS.error);
    expect(readLogLine("postgres", "2026-11-21 08:01:02.345 UTC [1] LOG:  ready").level).toBe(LOG_LEVELS.info);
  });

  it("that is neither is shown as it is", () => {
    for (const text of ["plain", "{broken", "[1, 2]", ""])
      expect(readLogLine("x", text)).toMatchObject({ at: undefined, level: LOG_LEVELS.info, message: text });
  });

  it("is selected by level, time and text", () => {
    const text = '{"level":50,"time":1000,"msg":"Disk full"}';
    const line = readLogLine("x", text);
    const all = { level: LOG_LEVELS.info, since: undefined, grep: undefined };
    expect(matches(line, text, all)).toBe(true);
    expect(matches(line, text, { ...all, level: LOG_LEVELS.fatal })).toBe(false);
    expect(matches(line, text, { ...all, since: 1000 })).toBe(true);
    expect(matches(line, text, { ...all, since: 1001 })).toBe(false);
    expect(matches(line, text, { ...all, grep: "disk FULL" })).toBe(true);
    expect(matches(line, text, { ...all, grep: "other" })).toBe(false);
    expect(matches(readLogLine("postgres", checkpoint), checkpoint, all)).toBe(false);
  });
});
