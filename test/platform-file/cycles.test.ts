import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycles } from "../../src/platform-file/cycles.js";
import { editDistance, suggest } from "../../src/platform-file/suggest.js";

const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges));

describe("cycles", () => {
  it("are told once, from their smallest name", () =>
    expect(findCycles(graph({ c: ["a"], a: ["b"], b: ["c"], d: ["a"] }))).toEqual([["a", "b", "c"]]));
  it("are the shortest of each knot", () =>
    expect(findCycles(graph({ a: ["b"], b: ["c", "a"], c: ["a"], x: ["y"], y: ["x"] }))).toEqual([
      ["a", "b"],
      ["x", "y"],
    ]));
  it("are none in a chain of a hundred thousand", () => {
    const chain = new Map(Array.from({ length: 100_000 }, (_, at) => [`n${at}`, [`n${at + 1}`]]));
    expect(findCycles(chain)).toEqual([]);
  });
  it("are found exactly where there are some", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name), { maxLength: 12 }), (edges) => {
        const nodes = new Map<string, string[]>();
        for (const [from, to] of edges) nodes.set(from, [...(nodes.get(from) ?? []), to]);
        const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
          (nodes.get(from) ?? []).some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
        const cyclic = [...nodes.keys()].some((node) => reaches(node, node));
        const found = findCycles(nodes);
        expect(found.length > 0).toBe(cyclic);
        for (const cycle of found)
          for (const [at, from] of cycle.entries()) expect(nodes.get(from)).toContain(cycle[(at + 1) % cycle.length]);
      }),
    );
  });
});

describe("did you mean", () => {
  it.each([
    ["replcas", "replicas"],
    ["databse", "database"],
    ["GATEWAY", "gateway"],
    ["gatewya", "gateway"],
  ])("%s → %s", (written, meant) => expect(suggest(written, ["replicas", "database", "gateway", "cache"])).toBe(meant));
  it("is silent when nothing is near", () => expect(suggest("xylophone", ["replicas", "database"])).toBeUndefined());
  it("measures a distance: zero for the same, symmetric, at most the longer word", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
