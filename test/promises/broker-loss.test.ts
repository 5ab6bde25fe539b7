import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termsOf, totalOf } from "../support/promises/rows.js";

const loss = (broker: string, observe = "prometheus") =>
  rowOf(
    sheetOf(`
platform: shop
cloud: aws
zones: 3
stores: { jobs: { rabbitmq: "4.2", ${broker} } }
objectives: { rto: 1h, rpo: 1h }
observe: { metrics: ${observe} }
`),
    "broker-loss",
    "jobs",
  );

describe("the loss of a broker's messages", () => {
  it("is unbounded, however many servers had them", () => {
    for (const replicas of [1, 3]) {
      expect(loss(`replicas: ${replicas}, provide: in-cluster`).rpo.predicted.kind).toBe("unbounded");
    }
  });

  it("takes a new server, and of a provider a new address too", () => {
    const managed = termsOf(loss("provide: managed").rto.predicted);
    expect(managed).toContain("clients configured for the new server");
    expect(termsOf(loss("provide: in-cluster").rto.predicted)).not.toContain("clients configured for the new server");
    expect(totalOf(loss("provide: in-cluster").rto.predicted)).toBeGreaterThan(30 * 60_000);
  });

  it("has an unknown duration where no alert can fire", () => {
    expect(loss("provide: in-cluster", "none").rto.verdict).toBe("unknown");
  });
});
