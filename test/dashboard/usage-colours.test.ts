import fc from "fast-check";
import { expect, test } from "vitest";
import { assignColours } from "../../dashboard/src/pages/usage/colours.js";

const COLOURS = 8;

test("a series keeps its colour when the figure, the ranking or the other series change", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: COLOURS - 1 });
  fc.assert(
    fc.property(names, names, (first, second) => {
      const before = assignColours(first, new Map(), COLOURS);
      const after = assignColours(second, before, COLOURS);
      for (const shown of [before, after].map((colours, turn) =>
        (turn === 0 ? first : second).map((name) => colours.get(name)),
      ))
        expect(new Set(shown).size).toBe(shown.length);
      for (const name of first.filter((each) => second.includes(each))) expect(after.get(name)).toBe(before.get(name));
      const reordered = assignColours([...second].reverse(), after, COLOURS);
      for (const name of second) expect(reordered.get(name)).toBe(after.get(name));
    }),
  );
});
