import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lines } from "../../src/platform-file/lines.js";

const texts = fc
  .array(fc.constantFrom("a", "bc", "\n", "\r\n", "é", "  "), { maxLength: 60 })
  .map((parts) => parts.join(""));

describe("the lines of a text", () => {
  it("are those of a split at line breaks", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const lines = new Lines(text);
        const expected = text.split("\n").map((line) => line.replace(/\r$/, ""));
        expect(expected.map((_, index) => lines.line(index + 1))).toEqual(expected);
        expect(lines.line(expected.length + 1)).toBeUndefined();
        expect(lines.line(0)).toBeUndefined();
      }),
    );
  });

  it("map every offset to a position that counts the line breaks before it", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const lines = new Lines(text);
        for (let offset = 0; offset <= text.length; offset++) {
          const before = text.slice(0, offset).split("\n");
          expect(lines.position(offset)).toEqual({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
        }
      }),
    );
  });
});
