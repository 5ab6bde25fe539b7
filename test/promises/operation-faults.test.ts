import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scaleUpTime } from "../../src/promises/facts/kubernetes.js";
import { smallerFaults } from "../../src/promises/faults/index.js";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";

const shop = (rest: string) =>
  sheetOf(`
platform: shop
cloud: aws
zones: 3
${rest}
objectives: { rto: 4h, rpo: 5m }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`);
const WEB = "image: registry.example.com/web:1.0.0, port: 8080, cpu: 500m..1";

describe("the loss of a cluster", () => {
  const inCluster = (bucket: string) =>
    shop(`provide: in-cluster
stores:
  orders: { postgres: 17, standby: another-zone, backups: { full: daily keep 7d, log: 1m keep 7d, to: dumps } }
  dumps: { bucket: true${bucket} }`);

  it("is recovered from backups outside it, and takes longer than a deleted namespace", () => {
    const sheet = inCluster(", provide: managed");
    const { rto, rpo } = rowOf(sheet, "cluster-loss", "shop");
    expect(totalOf(rto.predicted)).toBeGreaterThan(totalOf(rowOf(sheet, "deletion", "shop").rto.predicted));
    expect(termsOf(rto.predicted)).toContain("restore of orders, the slowest");
    expect(rpo.predicted).toEqual(rowOf(sheet, "database-loss", "orders").rpo.predicted);
  });

  it("takes backups in it with it, and volumes", () => {
    expect(rowOf(inCluster(""), "cluster-loss", "shop").rto.predicted.kind).toBe("unbounded");
    const volume = shop(
      `services: { web: { ${WEB}, volumes: { data: { mount: /data, size: 1Gi, persistent: true } } } }`,
    );
    expect(rowOf(volume, "cluster-loss", "shop").rpo.predicted.kind).toBe("unbounded");
  });

  it("loses nothing of managed stores", () => {
    const managed = shop("stores: { orders: { postgres: 17, backups: { full: daily keep 7d } } }");
    expect(totalOf(rowOf(managed, "cluster-loss", "shop").rpo.predicted)).toBe(0);
  });
});

describe("the loss of the control plane", () => {
  it("is no outage by itself, and is a part of the loss of the cluster", () => {
    const sheet = shop(`services: { web: { ${WEB} } }`);
    const { rto, rpo, verdict } = rowOf(sheet, "control-plane-loss", "shop");
    expect([totalOf(rto.predicted), totalOf(rpo.predicted), verdict]).toEqual([0, 0, "kept"]);
    expect(smallerFaults("cluster-loss")).toContain("control-plane-loss");
  });

  it("has no row on one machine", () => {
    const { rows } = sheetOf("platform: shop\nprovide: embedded\nservices: { web: { modules: [gateway] } }\n");
    expect(rows.map(({ fault }) => fault)).not.toContain("control-plane-loss");
  });
});

describe("an overload", () => {
  const scaled = (unit: string) => shop(`services: { web: { ${WEB}, ${unit} } }`);

  it("lasts until the autoscaler has added the replicas, more slowly if declared so", () => {
    const time = (up: string) =>
      termOf(
        rowOf(scaled(`replicas: 2..10, scale: { cpu: 70%, up: ${up} }`), "overload", "web").rto.predicted,
        "replicas added",
      );
    expect(time("aggressive")).toBe(30_000);
    expect(time("conservative")).toBe(9 * 60_000);
  });

  it("is unbounded where no rendered metric scales the component", () => {
    expect(rowOf(scaled("replicas: 2..10, scale: { queue: 5 }"), "overload", "web").rto.predicted.kind).toBe(
      "unbounded",
    );
  });

  it("has no row for a component of fixed size", () => {
    expect(scaled("replicas: 3").rows.map(({ fault }) => fault)).not.toContain("overload");
  });

  it("never takes longer from more replicas, nor less to more", () => {
    const count = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(fc.constantFrom("aggressive" as const, "conservative" as const), count, count, (up, from, to) => {
        expect(scaleUpTime(up, from + 1, to)).toBeLessThanOrEqual(scaleUpTime(up, from, to));
        expect(scaleUpTime(up, from, to + 1)).toBeGreaterThanOrEqual(scaleUpTime(up, from, to));
      }),
      { numRuns: runs(200) },
    );
  });
});

describe("a leak of secrets", () => {
  const leak = (secrets: string, mounted: string) =>
    rowOf(shop(`services: { web: { ${WEB}, secrets: [${mounted}] } }\nsecrets:\n${secrets}`), "secret-leak", "shop")
      .rto;

  it("ends when each secret is replaced and what mounts it has restarted", () => {
    const one = leak("  a: { keys: [k], from: file }", "a");
    const two = leak("  a: { keys: [k], from: file }\n  b: { keys: [k], from: file, rotate: 90d }", "a, b");
    expect(totalOf(two.predicted) - totalOf(one.predicted)).toBe(10 * 60_000);
    expect(termsOf(one.predicted)).toContain("restart of web, the slowest");
  });

  it("has no row without secrets", () => {
    expect(shop(`services: { web: { ${WEB} } }`).rows.map(({ fault }) => fault)).not.toContain("secret-leak");
  });
});
