import { describe, expect, it } from "vitest";
import type { PromiseSheet } from "../../src/promises/sheet.js";
import { rowOf, sheetOf, termOf, totalOf } from "../support/promises/rows.js";

const shop = (rest: string): PromiseSheet =>
  sheetOf(`
platform: shop
cloud: aws
zones: 3
entrance: { host: shop.example.com, tls: letsencrypt, dns: route53 }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
${rest}
`);
const WEB = "image: registry.example.com/web:1.0.0, port: 8080, replicas: 3";
const toColdRegion =
  "regions: { primary: us-east-1, standby: [{ region: us-west-2, mode: cold }], failover: { check: 30s, failures: 3, ttl: 24h } }";
const subjects = ({ rows }: PromiseSheet, of: string) =>
  rows.filter(({ fault }) => fault === of).map((row) => row.subject);

describe("the loss of a region, where only elements promise something", () => {
  it("breaks the promise of a database that DNS keeps its clients from", () => {
    const sheet = shop(`${toColdRegion}
services: { web: { ${WEB}, calls: [orders], expose: / } }
stores: { orders: { postgres: 17, standby: another-zone, copy: us-west-2, objectives: { rto: 15m } } }`);
    expect(subjects(sheet, "region-loss")).toEqual(["shop", "orders"]);
    const { rto } = rowOf(sheet, "region-loss", "orders");
    expect(termOf(rto.predicted, "the old address stays in DNS caches")).toBe(86_400_000);
    expect(rto.verdict).toBe("broken");
  });

  it("loses the data of the element itself, and not that of its neighbour", () => {
    const sheet = shop(`${toColdRegion}
services: { web: { ${WEB}, calls: [orders, files], expose: / } }
policies: { kept: { rpo: 1h } }
stores:
  orders: { postgres: 17, standby: another-zone, copy: us-west-2, objectives: kept }
  files: { bucket: true, objectives: kept }`);
    expect(rowOf(sheet, "region-loss", "orders").rpo.verdict).toBe("kept");
    expect(rowOf(sheet, "region-loss", "files").rpo).toMatchObject({
      verdict: "broken",
      predicted: { why: "files has no copy in us-west-2" },
    });
  });

  it("is assessed for a service that names the fault, although no other region is declared", () => {
    const sheet = shop(`services: { web: { ${WEB}, objectives: { rto: { region-loss: 2h } } } }`);
    expect(rowOf(sheet, "region-loss", "web").rto.predicted).toMatchObject({ why: "there is no standby region" });
  });

  it("has no standby in the primary region itself", () => {
    const sheet = shop(`regions: { primary: us-east-1, standby: [us-east-1] }
services: { web: { ${WEB}, expose: / } }
objectives: { rto: { region-loss: 2h } }`);
    expect(rowOf(sheet, "region-loss", "shop").rto.predicted).toMatchObject({ why: "there is no standby region" });
  });
});

describe("the loss of a cluster, where only elements promise something", () => {
  const chroma = (provide: string) =>
    shop(`
services:
  chroma:
    image: registry.example.com/chroma:1.0.0
    port: 8000
    volumes:
      data:
        size: 50Gi
        mount: /data
        persistent: true
        backups: { files: daily keep 90d, to: backups }
        objectives: { rpo: 3d, rto: { default: 2h, cluster-loss: 4h } }
stores: { backups: { bucket: { versions: true }, provide: ${provide} } }`);

  it("takes the backups of a volume with it, unless they are outside", () => {
    expect(rowOf(chroma("in-cluster"), "cluster-loss", "chroma/data").rpo.verdict).toBe("broken");
    const outside = rowOf(chroma("managed"), "cluster-loss", "chroma/data");
    expect([outside.rto.verdict, outside.rpo.verdict]).toEqual(["kept", "kept"]);
    expect(outside.rto.promised).toBe(4 * 3_600_000);
  });

  it("includes new nodes and the start of a service, and has no row for a store outside the cluster", () => {
    const sheet = shop(`services: { web: { ${WEB}, calls: [orders], objectives: { rto: 30m } } }
stores: { orders: { postgres: 17, standby: another-zone, objectives: { rto: 5m } } }`);
    expect(subjects(sheet, "cluster-loss")).toEqual(["shop", "web"]);
    const { rto } = rowOf(sheet, "cluster-loss", "web");
    expect(totalOf(rto.predicted)).toBeGreaterThan(30 * 60_000);
    expect(rto.verdict).toBe("broken");
  });
});
