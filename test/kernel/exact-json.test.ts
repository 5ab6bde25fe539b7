import { describe, expect, it } from "vitest";
import { hasInexactNumbers, parseExactly, rounded, stringifyExactly } from "../../src/runtime/kernel/exact-json.js";

/** Numbers that JavaScript would round or format differently, among others. */
const NUMBERS =
  '"id":9007199254740993,"big":-123456789012345678901234567890,"price":1.10,"list":[1.0,2,1e400],"near":1e-7';
/** Strings with what looks like numbers, quotes and escapes. */
const TEXTS = '"text":"9007199254740993 \\\\\\" 1.0","\\\\":"\\\\\\\\"';
const ARGUMENTS = `{${NUMBERS},${TEXTS}}`;

describe("JSON with exact numbers", () => {
  it.each(["1.0", "-0", `[${ARGUMENTS},[0.10]]`, ARGUMENTS])("is written as it was read: %s", (json) => {
    expect(stringifyExactly(parseExactly(json))).toBe(json);
    expect(rounded(parseExactly(json))).toEqual(JSON.parse(json));
  });

  it.each(["1.2.3", "01.0", "abc1.0", '{"a":1.0', "[1.0 2.0]", "{1.0:2}", '"1.0', "--1.0", "1.0e"])(
    "stays invalid: %s",
    (json) => {
      expect(() => parseExactly(json)).toThrow(SyntaxError);
    },
  );

  it.each([
    ["numbers", "1.0,"],
    ["small numbers", "1,"],
    ["strings", '"",'],
  ])("is parsed as usual if it has millions of %s", (what, element) => {
    const json = `[${element.repeat(3_000_000)}12345678901234567890]`;
    const before = process.cpuUsage();
    expect(hasInexactNumbers(json)).toBe(what === "small numbers");
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2_000);
  });
});
