import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf } from "../support/promises/rows.js";

/** A single server of a store on a pool of `count` nodes in three zones; `volumes` is what its volume survives. */
const platform = (
  store: string,
  count: string,
  volumes: string,
  allocatable = "{ cpu: 4, memory: 16Gi }",
): string => `platform: shop
provide: in-cluster
zones: 3
stores: { data: { ${store} } }
nodes: { own: { type: rack, count: ${count}, allocatable: ${allocatable} } }
cluster: { volumes: ${volumes} }
objectives: { rto: { node-loss: 1h } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;

const STORES = [
  "postgres: 17, standby: none",
  'rabbitmq: "4.3", replicas: 1',
  "redis: 7, replicas: 0, persistence: true",
  "bucket: true, objectives: { rto: 1h }",
];

describe("a server of a store whose node is lost", () => {
  it.each(STORES)("finds no node in the zone of its volume, if that had one: %s", (store) => {
    const { rto } = rowOf(sheetOf(platform(store, "3", "zonal")), "node-loss", "data");
    expect(rto.verdict).toBe("broken");
    expect(rto.predicted).toMatchObject({
      why: expect.stringContaining("the remaining nodes of its volume's zone may have no capacity for data"),
    });
  });

  it.each(STORES)("moves to another node of its zone, or to any with a regional volume: %s", (store) => {
    for (const text of [platform(store, "6", "zonal"), platform(store, "3", "regional")]) {
      const { rto } = rowOf(sheetOf(text), "node-loss", "data");
      expect(rto.verdict).toBe("kept");
      expect(termOf(rto.predicted, "capacity on another node")).toBe(0);
    }
  });

  it("waits for a node without end, if the others are full and the pool cannot grow", () => {
    const full = platform("postgres: 17, standby: none, cpu: 3, memory: 8Gi", "1", "regional");
    expect(rowOf(sheetOf(full), "node-loss", "data").rto.verdict).toBe("broken");
  });

  it("is unknown, if the capacity of its pool is", () => {
    const unknown = platform("postgres: 17, standby: none", "6", "zonal").replace(
      ", allocatable: { cpu: 4, memory: 16Gi }",
      "",
    );
    expect(rowOf(sheetOf(unknown), "node-loss", "data").rto.verdict).toBe("unknown");
  });
});

describe("a copy in the standby region", () => {
  const withCopy = (provide: string): string => `platform: shop
cloud: aws
zones: 3
regions: { primary: us-east-1, standby: [us-west-2], failover: { check: 30s, failures: 3, ttl: 60s } }
stores: { data: { postgres: 17, provide: ${provide}, replicas: 2, copy: us-west-2 } }
objectives: { rpo: { region-loss: 1h } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`;

  it("counts where the cloud makes it, and not of a store in the cluster, whose copy no target creates", () => {
    expect(rowOf(sheetOf(withCopy("managed")), "region-loss", "shop").rpo.verdict).toBe("kept");
    const { rpo } = rowOf(sheetOf(withCopy("in-cluster")), "region-loss", "shop");
    expect(rpo.verdict).toBe("broken");
    expect(rpo.predicted).toMatchObject({ why: "no target creates a copy of data (CloudNativePG) in another region" });
  });
});
