import { describe, expect, it } from "vitest";
import { readPlatform } from "../../src/spec/index.js";

/** `line:column code` of everything that is said of a file. */
function told(text: string): string[] {
  const reading = readPlatform({ file: "platform.yaml", text });
  return reading.diagnostics.map(({ origin, code }) => `${origin.line}:${origin.column} ${code}`);
}

describe("every error at once", () => {
  it("tells of a dangling reference beside a misspelt key", () => {
    expect(told('platform: x\nservices:\n  a: { image: "foo:1", calls: [databse], replcas: 3 }\n')).toEqual([
      "3:32 spec/unknown-reference",
      "3:42 spec/unknown-key",
    ]);
  });

  it("reads what stands under a name that is no name", () => {
    expect(told('platform: X_z\nservices:\n  A_b: { image: "foo:1", cpu: 2GB, port: 99999 }\n')).toEqual([
      "1:11 spec/value",
      "3:3 spec/name",
      "3:31 spec/unit",
      "3:42 spec/range",
    ]);
  });

  it("says nothing of what is missing only because it was wrong", () => {
    const store = 'stores:\n  db: { postgres: abc }\nservices:\n  a: { image: "foo:1", port: 80a, calls: [db, b_c] }\n';
    const service = '  b_c: { image: "foo:1", port: 8080, calls: [a] }\n';
    expect(told(`platform: x\n${store}${service}`)).toEqual(["3:19 spec/unit", "5:30 spec/type", "6:3 spec/name"]);
  });

  it("names an unclosed brace once, and says what to do", () => {
    const reading = readPlatform({ file: "platform.yaml", text: 'platform: x\nservices: { a: { image: "foo:1" ' });
    expect(reading.diagnostics.map(({ code }) => code)).toEqual(["yaml/syntax"]);
    expect(reading.diagnostics[0]?.hint).toMatch(/close every/);
  });

  it("calls a file that is only a document's beginning empty", () => {
    expect(told("---\n")).toEqual(["1:1 yaml/empty"]);
  });
});
