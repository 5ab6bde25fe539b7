import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minDomains } from "../../../src/promises/placement/min-domains.js";
import { atLeast, lowestAvailability } from "../../../src/promises/placement/probability.js";
import {
  type Group,
  largestShare,
  NO_MINIMUM,
  placedMembers,
  placements,
} from "../../../src/promises/placement/worst-placement.js";
import { runs } from "../../support/property-runs.js";

const groups: fc.Arbitrary<Group> = fc
  .record({
    members: fc.integer({ min: 1, max: 5 }),
    byZone: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 3 }),
    podsPerNode: fc.integer({ min: 1, max: 5 }),
    zones: fc.boolean(),
    nodes: fc.boolean(),
    minDomains: fc.record({ zones: fc.integer({ min: 1, max: 4 }), nodes: fc.integer({ min: 1, max: 7 }) }),
  })
  .map(({ members, byZone, podsPerNode, zones, nodes, minDomains }) => ({
    members,
    nodes: { pools: [], byZone: [...byZone].sort((a, b) => b - a), podsPerNode, reclaimable: false },
    requires: { zones, nodes },
    minDomains,
  }));

/** Every assignment of `members` to nodes that the constraints allow, as counts by node. */
function allowedBy({ nodes, requires, minDomains }: Group, members: number): readonly (readonly number[])[] {
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
  // kubernetes.io, Pod Topology Spread Constraints: with fewer domains than `minDomains`, the global minimum is 0.
  const skew = (counts: readonly number[], fewest: number): number =>
    Math.max(...counts) - (counts.length < fewest ? 0 : Math.min(...counts));
  const byZone = (counts: readonly number[]): readonly number[] =>
    nodes.byZone.map((_, zone) =>
      counts.reduce((sum, count, node) => sum + (zoneOfNode[node] === zone ? count : 0), 0),
    );
  return all.filter(
    (counts) =>
      (!requires.nodes || skew(counts, minDomains.nodes) <= 1) &&
      (!requires.zones || skew(byZone(counts), minDomains.zones) <= 1),
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
        for (const counts of allowedBy(group, placedMembers(group))) {
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
        const allowed = allowedBy(group, placedMembers(group));
        if (allowed.length === 0 || needed > placedMembers(group)) return;
        const worst = Math.min(...allowed.map((counts) => atLeast(counts, needed, 0.9)));
        expect(lowestAvailability(group, needed, 0.9)).toBeLessThanOrEqual(worst + 1e-12);
      }),
      { numRuns: runs(300) },
    );
  });

  it("places every member that does not wait for more zones or nodes, and none that waits", () => {
    fc.assert(
      fc.property(groups, (group) => {
        const placed = placedMembers(group);
        for (const placement of placements(group))
          expect(placement.reduce((sum, count) => sum + count, 0)).toBe(placed);
        if (placed < group.members) expect(allowedBy(group, placed + 1)).toEqual([]);
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("the minimum of zones and nodes", () => {
  const needs = fc.record({ group: groups, needed: fc.integer({ min: 1, max: 4 }) });
  /** The group with the minimum that is rendered for it, on the nodes of these zones only. */
  const onZones = (group: Group, needed: number, up: readonly number[]): Group => ({
    ...group,
    minDomains: minDomains(group, (lost) => group.members - lost >= needed),
    nodes: { ...group.nodes, byZone: up },
  });

  it("leaves enough after the loss of a zone, whichever zones were up when the members were placed", () => {
    fc.assert(
      fc.property(needs, fc.integer({ min: 1, max: 7 }), ({ group, needed }, zonesUp) => {
        const up = group.nodes.byZone.filter((_, zone) => (zonesUp >> zone) % 2 === 1);
        const placed = onZones(group, needed, up);
        if (up.length === 0 || placed.minDomains.zones === 1) return;
        for (const counts of allowedBy(placed, group.members))
          expect(group.members - zoneShare(placed, counts)).toBeGreaterThanOrEqual(needed);
      }),
      { numRuns: runs(300) },
    );
  });

  it("leaves enough after the loss of a node, however few nodes were up when the members were placed", () => {
    fc.assert(
      fc.property(needs, fc.integer({ min: 1, max: 6 }), ({ group, needed }, nodesUp) => {
        const placed = onZones(group, needed, [nodesUp]);
        if (placed.minDomains.nodes === 1) return;
        for (const counts of allowedBy({ ...placed, requires: { zones: false, nodes: true } }, group.members))
          expect(group.members - Math.max(...counts)).toBeGreaterThanOrEqual(needed);
      }),
      { numRuns: runs(300) },
    );
  });

  it("keeps no replacement waiting after the loss of a zone or a node", () => {
    fc.assert(
      fc.property(needs, ({ group, needed }) => {
        const { byZone } = group.nodes;
        const zonesLeft = byZone.map((_, lost) => byZone.filter((_, zone) => zone !== lost));
        const nodesLeft = byZone.map((_, of) => byZone.map((count, zone) => (zone === of ? count - 1 : count)));
        for (const left of [...(byZone.length > 1 ? zonesLeft : []), ...nodesLeft])
          expect(placedMembers(onZones(group, needed, left))).toBe(group.members);
      }),
      { numRuns: runs(300) },
    );
  });

  it("is the smallest that leaves enough", () => {
    const nodes = { pools: [], byZone: [2, 2, 2], podsPerNode: 9, reclaimable: false };
    const group = { members: 6, nodes, requires: { zones: true, nodes: true } };
    const needing = (needed: number) => minDomains(group, (lost) => group.members - lost >= needed);
    expect(needing(1)).toEqual({ zones: 2, nodes: 2 });
    expect(needing(3)).toEqual({ zones: 2, nodes: 2 });
    // Three zones would leave enough, but the loss of one leaves two zones.
    expect(needing(4)).toEqual({ zones: 1, nodes: 3 });
    expect(needing(5)).toEqual(NO_MINIMUM);
  });
});
