import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isScalar, parseDocument, type Scalar, visit } from "yaml";
import { readPlatform } from "../../src/platform-file/index.js";

const LENGTH = 20_000;
/** Longer than any message: text, a hint with an example, and a value truncated to 40 characters. */
const MAX_MESSAGE_CHARACTERS = 500;

const VALUES = {
  digits: "1".repeat(LENGTH),
  "digits and a dot": `${"1".repeat(LENGTH)}.`,
  durations: "1m".repeat(LENGTH / 2),
  words: "every ".repeat(LENGTH / 6),
  dashes: "a-".repeat(LENGTH / 2),
  "points of a range": "1..".repeat(LENGTH / 3),
  slashes: "/".repeat(LENGTH),
};

/** One scalar for each key of the blueprints. */
function places(): readonly (readonly [string, (value: string) => string])[] {
  const found = new Map<string, (value: string) => string>();
  for (const blueprint of ["starter", "aiaas"]) {
    const text = readFileSync(new URL(`../../blueprints/${blueprint}/platform.yaml`, import.meta.url), "utf8");
    const document = parseDocument(text);
    visit(document, {
      Scalar: (key, node, path) => {
        if (key === "key") return;
        const keys = path.flatMap((ancestor) =>
          "key" in ancestor && isScalar(ancestor.key) ? [String(ancestor.key.value)] : [],
        );
        found.set(keys.at(-1) ?? "", (value) => replaced(document, node, value));
      },
    });
  }
  return [...found];
}

function replaced(document: ReturnType<typeof parseDocument>, node: Scalar, value: string): string {
  const before = node.value;
  node.value = value;
  const text = document.toString({ lineWidth: 0 });
  node.value = before;
  return text;
}

describe("a value of 20,000 characters", () => {
  // A pattern with quadratic backtracking takes seconds for each place, and exceeds the time limit of the test.
  it.each(Object.entries(VALUES))("of %s is rejected by a short message at every place of a file", (_name, value) => {
    const all = places();
    expect(all.length).toBeGreaterThan(30);
    for (const [, withValue] of all) {
      const { diagnostics } = readPlatform({ file: "platform.yaml", text: withValue(value) });
      for (const { message, hint = "" } of diagnostics) {
        expect(message.length).toBeLessThan(MAX_MESSAGE_CHARACTERS);
        expect(hint.length).toBeLessThan(MAX_MESSAGE_CHARACTERS);
      }
    }
  });
});
