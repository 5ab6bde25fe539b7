import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf, totalOf } from "../support/promises/rows.js";

const sheet = (database: string, rest = "provide: in-cluster", observe = "prometheus") =>
  sheetOf(`
platform: shop
cloud: aws
zones: 3
${rest}
stores: { orders: { postgres: 17, size: 20Gi, ${database} } }
objectives: { rto: 1h, rpo: 5m }
observe: { metrics: ${observe} }
`);
const lag = (...of: Parameters<typeof sheet>) => rowOf(sheet(...of), "replica-lag", "orders");
const faultsOf = (...of: Parameters<typeof sheet>) => sheet(...of).rows.map(({ fault }) => fault);

describe("a replica that falls behind before the primary fails", () => {
  it("lacks every write until it would have been rebuilt", () => {
    const { rpo } = lag("replicas: 2");
    expect(termOf(rpo.predicted, "copy of the data to a new replica")).toBeGreaterThan(60_000);
    expect(termOf(rpo.predicted, "on-call response")).toBe(30 * 60_000);
    expect(rpo.verdict).toBe("broken");
  });

  it("is not promoted if another has less lag", () => {
    expect(totalOf(lag("replicas: 3").rpo.predicted)).toBe(30_000);
  });

  it("is not noticed without metrics", () => {
    expect(lag("replicas: 2", undefined, "none").rpo.verdict).toBe("unknown");
  });

  it("does not concern synchronous replication, a provider's that is, or a single server", () => {
    expect(faultsOf("replicas: 3, synchronous: true")).not.toContain("replica-lag");
    expect(faultsOf("standby: another-zone", "provide: managed")).not.toContain("replica-lag");
    expect(faultsOf("replicas: 1")).not.toContain("replica-lag");
  });

  it("has an alert on the metric of CloudNativePG", () => {
    expect(lag("replicas: 2").alert.condition).toMatchObject({ metric: "cnpg_pg_replication_lag", threshold: 30 });
  });
});
