import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rules } from "../../src/check/rules/index.js";
import { expectedIn, findingsIn, fixture } from "../support/check/findings.js";

const folder = new URL("./rules/", import.meta.url);

describe.each(rules.map((rule) => [rule.code, rule] as const))("%s", (code, rule) => {
  it("finds what fail.yaml expects, on the very line", () => {
    const text = fixture(code, "fail");
    const expected = expectedIn(text);
    expect(expected.length).toBeGreaterThan(0);
    const found = findingsIn(text, [rule]);
    expect(found.map(({ origin, code: found }) => ({ line: origin.line, code: found }))).toEqual(
      expected.map(({ line, code: wanted }) => ({ line, code: wanted })),
    );
    for (const [index, { message }] of expected.entries()) expect(found[index]?.message).toContain(message);
  });

  it("says nothing of pass.yaml", () => {
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

  it("gives each code once, and says in a line what it finds and in full why that matters", () => {
    expect(new Set(rules.map(({ code }) => code)).size).toBe(rules.length);
    for (const { summary, help } of rules) {
      expect(summary.length).toBeLessThan(120);
      expect(help.length).toBeGreaterThan(summary.length);
    }
  });
});
