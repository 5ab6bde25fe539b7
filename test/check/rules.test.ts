import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rules } from "../../src/check/rules/index.js";
import { expectedIn, findingsIn, fixture } from "../support/check/findings.js";

const folder = new URL("./rules/", import.meta.url);

describe.each(rules.map((rule) => [rule.code, rule] as const))("%s", (code, rule) => {
  it("reports the findings that fail.yaml expects, on their lines", () => {
    const text = fixture(code, "fail");
    const expected = expectedIn(text);
    expect(expected.length).toBeGreaterThan(0);
    const found = findingsIn(text, [rule]);
    expect(found.map(({ origin, code: found }) => ({ line: origin.line, code: found }))).toEqual(
      expected.map(({ line, code: wanted }) => ({ line, code: wanted })),
    );
    for (const [index, { message }] of expected.entries()) expect(found[index]?.message).toContain(message);
  });

  it("reports nothing for pass.yaml", () => {
    expect(findingsIn(fixture(code, "pass"), [rule])).toEqual([]);
  });
});

describe("the catalogue", () => {
  it("has a folder of two files for each rule, and a rule for each folder", () => {
    const folders = readdirSync(folder).flatMap((group) =>
      readdirSync(new URL(`${group}/`, folder)).map((name) => `${group}/${name}`),
    );
    expect(folders.sort()).toEqual(rules.map(({ code }) => code).sort());
  });

  it("has each code once, with a summary in one line and a longer help text", () => {
    expect(new Set(rules.map(({ code }) => code)).size).toBe(rules.length);
    for (const { summary, help } of rules) {
      expect(summary.length).toBeLessThan(120);
      expect(help.length).toBeGreaterThan(summary.length);
    }
  });
});
