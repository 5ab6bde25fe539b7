import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { manifests } from "../../src/render/kubernetes/index.js";
import { stringifyYaml } from "../../src/render/yaml.js";
import { blueprintPlans } from "../support/cluster/plans.js";
import { runs } from "../support/property-runs.js";

const string = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_./-]{0,5}$/),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom(
    "off",
    "y",
    "1:30",
    "0o7",
    "1e3",
    "0777",
    "~",
    "",
    " ",
    "a: b",
    "# c",
    "-",
    "- a",
    "$(A)",
    "a\n",
    "a\nb",
    "\n a\n",
    "a \nb\n\n",
    "  a\n b",
    "\u2028",
    "a\u2029b\u0085c\n",
    "0o17",
    "-0x_1",
    "1_000",
    "\ufeffa",
    "\u0000\u001b[0m",
    "\u{1f600}",
    "null",
    "=",
    "<<",
    ".inf",
    "2001-01-01",
  ),
  fc
    .array(fc.constantFrom("a", " b", "c ", "", "#d", "\te", "  f: g", "---"), { maxLength: 6 })
    .map((lines) => lines.join("\n")),
);
const document = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    string,
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.array(tie("node"), { maxLength: 4 }),
    fc.dictionary(string, tie("node"), { maxKeys: 4 }),
  ),
})).node;

describe("the YAML writer", () => {
  it("writes text that readers of YAML 1.1 and 1.2 read as the same value, for any document", () => {
    fc.assert(
      fc.property(fc.dictionary(string, document, { maxKeys: 5 }), (value) => {
        const text = stringifyYaml(value);
        const expected = JSON.parse(JSON.stringify(value));
        for (const version of ["1.1", "1.2"] as const)
          expect(JSON.parse(JSON.stringify(parse(text, { version, merge: false })))).toEqual(expected);
      }),
      { numRuns: runs(2000) },
    );
  });

  it("quotes what one of its readers would parse as another type, and escapes what one would end a line at", () => {
    for (const text of [
      "0o7",
      "0O17",
      "1_000",
      "0b1",
      "0x1F",
      "1:30",
      "yes",
      "Off",
      "~",
      "1e3",
      "-.5",
      "2001-01-01",
      "=",
    ])
      expect(stringifyYaml({ a: text })).toMatch(/^a: ["'].*["']\n$/);
    expect(stringifyYaml({ a: "b\u2028c\u2029d\u0085e\ufefff\r\0" })).toBe(
      'a: "b\\u2028c\\u2029d\\u0085e\\ufefff\\r\\u0000"\n',
    );
  });

  it("writes text that reads back as the same value", () => {
    for (const [, plan] of blueprintPlans())
      for (const { object } of manifests(plan))
        expect(parse(stringifyYaml(object), { version: "1.1" })).toEqual(JSON.parse(JSON.stringify(object)));
  });
});
