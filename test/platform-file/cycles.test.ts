import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycles } from "../../src/platform-file/cycles.js";
import { editDistance, suggest } from "../../src/platform-file/suggest.js";

const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges));

describe("cycles", () => {
  it("are reported once, starting with the smallest name", () =>
    expect(findCycles(graph({ c: ["a"], a: ["b"], b: ["c"], d: ["a"] }))).toEqual([["a", "b", "c"]]));
  it("that share a name are represented by the shortest", () =>
    expect(findCycles(graph({ a: ["b"], b: ["c", "a"], c: ["a"], x: ["y"], y: ["x"] }))).toEqual([
      ["a", "b"],
      ["x", "y"],
    ]));
  it("are absent in a chain of a hundred thousand names", () => {
    const chain = new Map(Array.from({ length: 100_000 }, (_, at) => [`n${at}`, [`n${at + 1}`]]));
    expect(findCycles(chain)).toEqual([]);
  });
  it("are found if and only if the graph has some", () => {
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

describe("a suggestion", () => {
  it.each([
    ["replcas", "replicas"],
    ["databse", "database"],
    ["GATEWAY", "gateway"],
    ["gatewya", "gateway"],
  ])("%s → %s", (written, meant) => expect(suggest(written, ["replicas", "database", "gateway", "cache"])).toBe(meant));
  it("is undefined if no known name is near", () =>
    expect(suggest("xylophone", ["replicas", "database"])).toBeUndefined());
  it("uses a distance that is zero for equal words, symmetric, and at most the length of the longer word", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
