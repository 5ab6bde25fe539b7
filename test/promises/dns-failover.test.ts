import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termsOf, totalOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";

const file = (entrance: string, failover = "") => `
platform: shop
cloud: aws
zones: 3
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, replicas: 3, expose: / } }
entrance: { host: shop.example.com${entrance} }
regions: { primary: us-east-1, standby: [{ region: us-west-2, mode: active }]${failover} }
objectives: { rto: 5m, rpo: 1m }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;
const sheet = (...args: Parameters<typeof file>) => sheetOf(file(...args));
const moved = (...args: Parameters<typeof file>) => rowOf(sheet(...args), "dns-failover", "entrance");
const TERMS = [
  "health checks fail",
  "a check waits for an answer",
  "the old address stays in DNS caches",
  "one stale answer of a resolver",
];

describe("an address that fails", () => {
  it("is replaced after the health checks, the TTL and one stale answer", () => {
    const { rto, rpo, verdict } = moved("");
    expect(termsOf(rto.predicted)).toEqual([...TERMS, "clients reconnect"]);
    // 3 × 30 s + 3 × 6 s + 60 s + 30 s + 5 s
    expect([totalOf(rto.predicted), totalOf(rpo.predicted), verdict]).toEqual([203_000, 0, "kept"]);
  });

  it("is a part of the loss of a region, in the same terms", () => {
    const declared = ", failover: { check: 5m, failures: 10, ttl: 24h }";
    const region = rowOf(sheet("", declared), "region-loss", "shop").rto.predicted;
    expect(termsOf(region).slice(0, 4)).toEqual(TERMS);
    expect(totalOf(region)).toBe(totalOf(moved("", declared).rto.predicted));
  });

  it.each(["linode", "external-dns", "none"])("is unknown where %s changes no record by itself", (dns) => {
    expect(moved(`, dns: ${dns}`).rto.verdict).toBe("unknown");
    expect(rowOf(sheet(`, dns: ${dns}`), "region-loss", "shop").rto.verdict).toBe("unknown");
    const checked = ", failover: { check: 30s, failures: 3 }";
    expect(moved(`, dns: ${dns}`, checked).rto.verdict).toBe("kept");
  });

  it("has no row without a host or without a standby region", () => {
    const faultsOf = (text: string) => sheetOf(text).rows.map(({ fault }) => fault);
    expect(faultsOf(file("").replace("host: shop.example.com", ""))).not.toContain("dns-failover");
    expect(faultsOf(file("").replace(/^regions: .*$/m, "regions: us-east-1"))).not.toContain("dns-failover");
  });

  it("never takes longer than the loss of the region", () => {
    const seconds = fc.integer({ min: 1, max: 600 });
    fc.assert(
      fc.property(seconds, fc.integer({ min: 1, max: 10 }), seconds, (check, failures, ttl) => {
        const failover = `, failover: { check: ${check}s, failures: ${failures}, ttl: ${ttl}s }`;
        const region = rowOf(sheet("", failover), "region-loss", "shop").rto.predicted;
        expect(totalOf(moved("", failover).rto.predicted)).toBeLessThanOrEqual(totalOf(region));
      }),
      { numRuns: runs(25) },
    );
  });
});
