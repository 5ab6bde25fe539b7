import { describe, expect, it } from "vitest";
import { debugging, LOG_LEVELS } from "../../src/cli/debugging.js";

describe("the debugging variables", () => {
  it("have defaults, also where they are empty", () => {
    const defaults = { logLevel: "info", stackTraces: false };
    expect(debugging({})).toEqual(defaults);
    expect(debugging({ KEELSON_LOG: "", KEELSON_DEBUG: "" })).toEqual(defaults);
  });

  it.each(LOG_LEVELS)("KEELSON_LOG=%s sets the level of the log", (level) => {
    expect(debugging({ KEELSON_LOG: level }).logLevel).toBe(level);
  });

  it("KEELSON_LOG with another value is a usage error that lists the levels", () => {
    expect(() => debugging({ KEELSON_LOG: "verbose" })).toThrow(
      expect.objectContaining({ code: "usage", exitCode: 2, hint: expect.stringContaining("trace, debug, info") }),
    );
  });

  it("KEELSON_DEBUG prints stack traces, whatever its value", () => {
    expect(debugging({ KEELSON_DEBUG: "1" }).stackTraces).toBe(true);
  });
});
