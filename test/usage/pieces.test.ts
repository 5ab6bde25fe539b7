import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { piecesOf } from "../../src/runtime/usage/pieces.js";

const at = (text: string) => Date.parse(`2026-05-${text}Z`);

describe("a range of usage", () => {
  test("is read by whole days, then whole hours, then from the ledger", () => {
    expect(piecesOf(at("03T22:40"), at("06T01:00"), "days")).toEqual([
      { source: "events", from: at("03T22:40"), to: at("03T23:00") },
      { source: "hours", from: at("03T23:00"), to: at("04T00:00") },
      { source: "days", from: at("04T00:00"), to: at("06T00:00") },
      { source: "hours", from: at("06T00:00"), to: at("06T01:00") },
    ]);
    expect(piecesOf(at("03T22:40"), at("03T22:50"), "days")).toEqual([
      { source: "events", from: at("03T22:40"), to: at("03T22:50") },
    ]);
    expect(piecesOf(undefined, undefined, "days")).toEqual([{ source: "days", from: undefined, to: undefined }]);
    expect(piecesOf(undefined, at("04T01:30"), "hours")).toEqual([
      { source: "hours", from: undefined, to: at("04T01:00") },
      { source: "events", from: at("04T01:00"), to: at("04T01:30") },
    ]);
  });

  test("is covered by its pieces without gaps and overlaps, and each piece has whole units of its source", () => {
    const moment = fc.integer({ min: 0, max: 5 * 86_400_000 });
    fc.assert(
      fc.property(moment, moment, fc.constantFrom("days", "hours", "events"), (a, b, coarsest) => {
        fc.pre(a !== b);
        const [from, to] = a < b ? [a, b] : [b, a];
        const pieces = piecesOf(from, to, coarsest);
        expect(pieces[0]?.from).toBe(from);
        expect(pieces.at(-1)?.to).toBe(to);
        for (const [index, { source, from: start, to: end }] of pieces.entries()) {
          expect(start).toBeLessThan(end ?? 0);
          if (index > 0) expect(start).toBe(pieces[index - 1]?.to);
          const unit = { days: 86_400_000, hours: 3_600_000, events: 1 }[source];
          expect([(start ?? 0) % unit, (end ?? 0) % unit]).toEqual([0, 0]);
        }
      }),
    );
  });
});
