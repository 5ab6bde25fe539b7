import { describe, expect, it } from "vitest";
import { alertExpression } from "../../src/promises/alert-condition.js";
import { smallerFaults } from "../../src/promises/faults/index.js";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const shop = (database: string, rest = "provide: in-cluster") =>
  sheetOf(`
platform: shop
cloud: aws
zones: 3
${rest}
stores: { orders: { postgres: 17, ${database} } }
objectives: { rto: 15m, rpo: 5m }
observe: { metrics: prometheus }
`);
const TWO = "provide: in-cluster\ncluster: { operators: 2 }";
const lossOf = (...of: Parameters<typeof shop>) => rowOf(shop(...of), "operator-loss", "orders").rto.predicted;
const subjectsOf = (...of: Parameters<typeof shop>) =>
  shop(...of).rows.flatMap(({ fault, subject }) => (fault === "operator-loss" ? subject : []));

describe("the loss of an operator", () => {
  it("is no outage of what it has made", () => {
    const { rto, rpo, verdict } = rowOf(shop("replicas: 2"), "operator-loss", "shop");
    expect([totalOf(rto.predicted), totalOf(rpo.predicted), verdict]).toEqual([0, 0, "kept"]);
    expect(termsOf(rto.predicted)).toEqual(["nothing of CloudNativePG: its instances run on"]);
  });

  it("lists each operator that the rendered objects depend on, once", () => {
    const terms = termsOf(
      rowOf(
        sheetOf(`
platform: shop
cloud: aws
provide: in-cluster
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, expose: true } }
entrance: { host: shop.example.com }
stores:
  orders: { postgres: 17, replicas: 2, backups: { full: daily keep 7d, to: dumps } }
  users: { postgres: 17, replicas: 2 }
  dumps: { bucket: true }
  cache: { redis: 7 }
observe: { metrics: prometheus, discovery: pod-monitors }
`),
        "operator-loss",
        "shop",
      ).rto.predicted,
    );
    expect(terms.map((term) => term.replace(/^nothing of (.*):.*$/, "$1"))).toEqual([
      "CloudNativePG",
      "the Barman Cloud plug-in",
      "cert-manager",
      "ExternalDNS",
      "the Prometheus Operator",
    ]);
  });

  it("leaves certificates valid for as long as the shortest lifetime that their authority has announced allows", () => {
    const { predicted } = rowOf(
      sheetOf(`
platform: shop
cloud: aws
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, expose: true } }
entrance: { host: shop.example.com }
`),
      "operator-loss",
      "shop",
    ).rto;
    expect(termsOf(predicted)).toContain("nothing of cert-manager: certificates are valid for at least 15 more days");
    expect(JSON.stringify(predicted)).toContain("64 days from 2027-02-10, 45 days from 2028-02-16");
  });

  it("has no row where nothing needs an operator, nor on one machine", () => {
    expect(subjectsOf("replicas: 2", "provide: managed")).toEqual([]);
    expect(subjectsOf("replicas: 1")).toEqual([]);
    expect(subjectsOf("replicas: 1", "provide: embedded")).toEqual([]);
  });
});

describe("a failover while the operator does not run", () => {
  it("waits until Kubernetes has moved the operator", () => {
    const absent = lossOf("replicas: 2");
    expect(termOf(absent, "eviction of the operator")).toBe(300_000);
    expect(termOf(absent, "at the same time")).toBe(0);
    expect(totalOf(absent)).toBe(55_000 + 300_000 + 5_000 + 60_000 + 62_000 + 5_000);
  });

  it("waits for the detection of the primary's failure, where another replica of the operator takes over sooner", () => {
    const absent = lossOf("replicas: 2", TWO);
    expect(termOf(absent, "failure of the primary detected")).toBe(35_000);
    expect(totalOf(absent)).toBe(35_000 + 62_000 + 5_000);
  });

  it("never takes longer than the loss of the node with both, which includes it", () => {
    expect(smallerFaults("node-loss")).toContain("operator-loss");
    for (const rest of ["provide: in-cluster", TWO]) {
      const node = rowOf(shop("replicas: 3", rest), "node-loss", "orders").rto.predicted;
      expect(totalOf(lossOf("replicas: 3", rest))).toBeLessThanOrEqual(totalOf(node));
    }
  });

  it("has an alert on the operator's own Deployment", () => {
    const { condition } = rowOf(shop("replicas: 2"), "operator-loss", "orders").alert;
    expect(condition.kind === "metric" && alertExpression(condition)).toBe(
      '(sum(kube_deployment_status_replicas_available{namespace="cnpg-system", deployment=~"cnpg-.*"}) or vector(0)) < 1',
    );
  });
});

describe("the replicas of an operator", () => {
  it("may all be in the zone that fails: nothing places them in different ones", () => {
    const sheet = shop("standby: another-zone", TWO);
    expect(termsOf(rowOf(sheet, "node-loss", "orders").rto.predicted)).toContain("lease of the operator expires");
    expect(termsOf(rowOf(sheet, "zone-loss", "orders").rto.predicted)).toContain("eviction of the operator");
  });
});
