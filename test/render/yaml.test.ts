import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { manifests } from "../../src/render/kubernetes/index.js";
import { stringifyYaml } from "../../src/render/yaml.js";
import { blueprintPlans } from "../support/cluster/plans.js";
import { runs } from "../support/property-runs.js";

const library = (value: unknown) =>
  stringify(value, { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0, blockQuote: "literal" });

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
  it("writes the same text as the library, for any document", () => {
    fc.assert(
      fc.property(fc.dictionary(string, document, { maxKeys: 5 }), (value) => {
        expect(stringifyYaml(value)).toBe(library(value));
      }),
      { numRuns: runs(2000) },
    );
  });

  it("writes text that reads back as the same value", () => {
    for (const [, plan] of blueprintPlans())
      for (const { object } of manifests(plan))
        expect(parse(stringifyYaml(object), { version: "1.1" })).toEqual(JSON.parse(JSON.stringify(object)));
  });
});
