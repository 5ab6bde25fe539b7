import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import type { Finding } from "../../src/check/finding.js";
import { byCause } from "../../src/check/same-cause.js";
import { withEdits } from "../../src/check/verify-fixes.js";
import { plansIn } from "../../src/cli/design/edited-plans.js";
import { findingsIn, plansOf } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { runs } from "../support/property-runs.js";

const NAMES = ["gateway", "a", "cache-api", "agents", "planner", "memory", "tools", "node"];

/** Eight services that share an anchor. */
const shared = (anchor: string, own: (name: string) => string = () => ""): string => `platform: shop
x-service: &service { port: 8080, ${anchor} }
services:
${NAMES.map((name) => `  ${name}: { <<: *service, image: registry.example.com/s:1.0.0${own(name)} }`).join("\n")}
cloud: aws
zones: 3
data: test
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;

function causesIn(text: string): readonly Finding[] {
  return byCause(findingsIn(text));
}

describe("one cause", () => {
  it("is one finding, however many services share its line", () => {
    const found = causesIn(shared("replicas: 2, disruption: { minAvailable: 2 }"));
    expect(found.map(({ code, origin, alsoAt }) => [code, origin.line, alsoAt?.length])).toEqual([
      ["availability/pdb-blocks-drain", 2, 7],
    ]);
    expect(found[0]?.message).toBe(
      "each of a, agents, cache-api, gateway, memory, node, planner and tools has min available 2 of 2 replicas, so no pod can be evicted",
    );
  });

  it("is one finding for promises of eight services, whatever words their names are", () => {
    const found = causesIn(shared("replicas: 3, objectives: { rto: { node-loss: 30s } }"));
    expect(found.map(({ code, concerns }) => [code, concerns?.map(({ subject }) => subject)])).toEqual([
      ["availability/node-loss", NAMES],
    ]);
    expect(found[0]?.message).toContain("after the loss of its node each of gateway, a, cache-api,");
  });

  it("has the fix of every place, which removes it", () => {
    const text = shared("replicas: 3, objectives: { rto: { node-loss: 30s } }");
    const [found] = causesIn(text);
    const fixed = withEdits(text, found?.fix ?? []) ?? "";
    expect(causesIn(fixed)).toEqual([]);
  });

  it("does not include an element with other numbers", () => {
    const found = causesIn(
      shared("disruption: { minAvailable: 2 }", (name) => `, replicas: ${name === "memory" ? 1 : 2}`),
    );
    expect(found.map(({ alsoAt }) => alsoAt?.length)).toEqual([6, undefined]);
  });

  it("names the elements of each advice where that differs", () => {
    const found = causesIn(`platform: shop
services:
  one: { image: registry.example.com/s:1.0.0, port: 8080, replicas: 2, objectives: { rto: 45s, except: [cluster-loss] } }
  two: { image: registry.example.com/s:1.0.0, port: 8080, replicas: 3, objectives: { rto: 45s, except: [cluster-loss] } }
cloud: aws
zones: 3
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`);
    const node = found.find(({ code }) => code === "availability/node-loss");
    expect(node?.message).toContain("each of one and two");
    expect(node?.hint).toMatch(/promise at least .+ \(one\); .*promise at least .+ \(two\)$/);
  });

  it("loses no place, promise or edit of any finding", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        const all = check(plansOf(yamlOf(platform)), undefined, "2026-11-30");
        const merged = byCause(all);
        const places = (findings: readonly Finding[]): readonly string[] =>
          findings
            .flatMap(({ code, path, alsoAt = [] }) =>
              [path, ...alsoAt.map((place) => place.path)].map((at) => `${code} ${at}`),
            )
            .sort();
        const concerns = (findings: readonly Finding[]): readonly string[] =>
          findings
            .flatMap((finding) => finding.concerns ?? [])
            .map((each) => JSON.stringify(each))
            .sort();
        expect(places(merged)).toEqual(places(all));
        expect(concerns(merged)).toEqual(concerns(all));
        const edits = (findings: readonly Finding[]): ReadonlySet<string> =>
          new Set(findings.flatMap(({ fix = [] }) => fix).map((each) => JSON.stringify(each)));
        expect(edits(merged)).toEqual(edits(all));
        for (const { fix } of merged)
          expect(withEdits(yamlOf(platform), fix ?? [])).toSatisfy(
            (text) => text === undefined || plansIn("platform.yaml", String(text)) !== undefined,
          );
      }),
      { numRuns: runs(30) },
    );
  });
});
