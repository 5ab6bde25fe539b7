import { describe, expect, it } from "vitest";
import { promiseSheet } from "../../src/promises/sheet.js";
import { findingsIn, planOf } from "../support/check/findings.js";

const shop = (alerts: string): string => `platform: shop
cloud: aws
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, replicas: 3, expose: / } }
entrance: { host: shop.example.com, tls: { issuer: none } }
objectives: { rto: { node-loss: 5m } }
observe: { metrics: prometheus, alerts: ${alerts}, routes: { critical: pagerduty } }
`;

describe("an alert that is set to false", () => {
  it("is off, in place of its default", () => {
    const on = planOf(shop("{}")).observe.alerts;
    const off = planOf(shop("{ down: false, errors: false, certificate: false, oom: false }")).observe.alerts;
    expect([on.down, on.errors, on.certificate, on.oom]).toEqual([120_000, 0.05, 14 * 86_400_000, true]);
    expect([off.down, off.errors, off.certificate, off.oom]).toEqual([undefined, undefined, undefined, false]);
  });

  it("watches no objective and no certificate", () => {
    const codes = findingsIn(shop("{ down: false, certificate: false }")).map(({ code }) => code);
    expect(codes).toContain("observability/objective-unwatched");
    expect(codes).toContain("security/certificate-unrenewed");
    expect(findingsIn(shop("{ certificate: 14d }")).map(({ code }) => code)).not.toContain(
      "security/certificate-unrenewed",
    );
  });

  it("notifies no one of what only it reports", () => {
    const database = (alerts: string): string => `platform: shop
cloud: aws
stores: { orders: { postgres: 17, provide: in-cluster, size: 10Gi } }
objectives: { rto: { node-pressure: 2h } }
observe: { metrics: prometheus, alerts: ${alerts}, routes: { critical: pagerduty } }
`;
    const predicted = (alerts: string) =>
      promiseSheet(planOf(database(alerts)), []).rows.find(
        ({ fault, subject }) => fault === "node-pressure" && subject === "orders",
      )?.rto.predicted.kind;
    expect([predicted("{}"), predicted("{ database: false }")]).toEqual(["bounded", "unknown"]);
    const found = (alerts: string) => findingsIn(database(alerts)).map(({ code, message }) => `${code} ${message}`);
    const finding = "observability/objective-unwatched rto is promised, but its alert `database` is off";
    expect(found("{}")).not.toContain(finding);
    expect(found("{ database: false }")).toContain(finding);
  });
});
