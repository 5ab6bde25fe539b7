import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atLeast, lowestAvailability } from "../../../src/promises/placement/probability.js";
import { type Group, largestShare, placements } from "../../../src/promises/placement/worst-placement.js";
import { runs } from "../../support/property-runs.js";

const groups: fc.Arbitrary<Group> = fc
  .record({
    members: fc.integer({ min: 1, max: 5 }),
    byZone: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 3 }),
    podsPerNode: fc.integer({ min: 1, max: 5 }),
    zones: fc.boolean(),
    nodes: fc.boolean(),
  })
  .map(({ members, byZone, podsPerNode, zones, nodes }) => ({
    members,
    nodes: { pools: [], byZone: [...byZone].sort((a, b) => b - a), podsPerNode, reclaimable: false },
    requires: { zones, nodes },
  }));

/** Every assignment of the members to nodes that the constraints allow, as counts by node. */
function allowedBy({ members, nodes, requires }: Group): readonly (readonly number[])[] {
  const zoneOfNode = nodes.byZone.flatMap((count, zone) => Array.from({ length: count }, () => zone));
  const all: number[][] = [];
  const place = (counts: number[], node: number, left: number): void => {
    if (node === zoneOfNode.length) {
      if (left === 0) all.push(counts);
      return;
    }
    for (let here = 0; here <= Math.min(left, nodes.podsPerNode); here++)
      place([...counts, here], node + 1, left - here);
  };
  place([], 0, members);
  const skew = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);
  const byZone = (counts: readonly number[]): readonly number[] =>
    nodes.byZone.map((_, zone) =>
      counts.reduce((sum, count, node) => sum + (zoneOfNode[node] === zone ? count : 0), 0),
    );
  return all.filter(
    (counts) => (!requires.nodes || skew(counts) <= 1) && (!requires.zones || skew(byZone(counts)) <= 1),
  );
}

function zoneShare({ nodes }: Group, counts: readonly number[]): number {
  let node = 0;
  return Math.max(
    ...nodes.byZone.map((count) => {
      const share = counts.slice(node, node + count).reduce((sum, each) => sum + each, 0);
      node += count;
      return share;
    }),
  );
}

describe("the worst placement", () => {
  it("never has fewer members in one node or zone than a placement that the constraints allow", () => {
    fc.assert(
      fc.property(groups, (group) => {
        for (const counts of allowedBy(group)) {
          expect(largestShare(group, "node")).toBeGreaterThanOrEqual(Math.max(...counts));
          expect(largestShare(group, "zone")).toBeGreaterThanOrEqual(zoneShare(group, counts));
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it("is not more available than a placement that the constraints allow", () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: 1, max: 5 }), (group, needed) => {
        const allowed = allowedBy(group);
        if (allowed.length === 0 || needed > group.members) return;
        const worst = Math.min(...allowed.map((counts) => atLeast(counts, needed, 0.9)));
        expect(lowestAvailability(group, needed, 0.9)).toBeLessThanOrEqual(worst + 1e-12);
      }),
      { numRuns: runs(300) },
    );
  });

  it("places every member", () => {
    fc.assert(
      fc.property(groups, (group) => {
        for (const placement of placements(group)) {
          expect(placement.reduce((sum, count) => sum + count, 0)).toBe(group.members);
        }
      }),
    );
  });
});
