import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markLabels } from "../../dashboard/src/pages/drills/marks.js";

/** Six pixels a character, as the small print of a plot has about. */
const widthOf = (text: string) => text.length * 6;
const gap = 4;

function texts(...places: readonly number[]): readonly string[] {
  return markLabels(places, widthOf, gap).map(({ text }) => text);
}

describe("event labels of a drill's plot", () => {
  it("are single numbers if they fit", () => {
    expect(texts(0, 40, 80)).toEqual(["1", "2", "3"]);
  });

  it("become a range if they would overlap", () => {
    expect(texts(0, 3, 6, 60)).toEqual(["1–3", "4"]);
    // Each has room for itself; the span of the last two reaches the first.
    expect(texts(0, 12, 20)).toEqual(["1–3"]);
  });

  it("cover every event in order without overlap at every width", () => {
    const events = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
    fc.assert(
      fc.property(events, fc.integer({ min: 100, max: 1600 }), (moments, width) => {
        const places = [...moments].sort((a, b) => a - b).map((moment) => moment * width);
        const labels = markLabels(places, widthOf, gap);
        expect(labels.flatMap(({ first, last }) => places.map((_, i) => i).slice(first, last + 1))).toEqual([
          ...places.keys(),
        ]);
        for (const [index, { first, last, over, text }] of labels.entries()) {
          expect(over).toBeGreaterThanOrEqual(first);
          expect(over).toBeLessThanOrEqual(last);
          const next = labels[index + 1];
          if (!next) continue;
          const room = (places[next.over] ?? 0) - (places[over] ?? 0);
          expect(room).toBeGreaterThanOrEqual((widthOf(text) + widthOf(next.text)) / 2 + gap);
        }
      }),
    );
  });
});
