import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const release = (unit: string, observe = "{ metrics: prometheus, routes: { critical: pagerduty } }") =>
  rowOf(
    sheetOf(`
platform: shop
cloud: aws
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, health: { startup: 1m }, ${unit} } }
objectives: { rto: 1h, rpo: 1m }
observe: ${observe}
`),
    "bad-release",
    "web",
  );
const started = (unit: string): number => termOf(release(unit).rto.predicted, "start of the previous version");

describe("a release that fails requests", () => {
  it("is rolled back step by step, as the rollout allows, at the maximum of replicas", () => {
    expect(started("replicas: 2..10")).toBe(10 * 60_000);
    expect(started("replicas: 2..10, rollout: { surge: 5 }")).toBe(2 * 60_000);
    expect(started("replicas: 4, rollout: { strategy: recreate }")).toBe(60_000);
  });

  it("is rolled back one pod at a time where each has a volume", () => {
    const unit = "replicas: 3, rollout: { surge: 3 }, volumes: { data: { mount: /data, size: 1Gi, persistent: true } }";
    expect(started(unit)).toBe(3 * 60_000);
  });

  it("waits for the on-call engineer, and for as long as no alert fires", () => {
    expect(termOf(release("replicas: 2").rto.predicted, "on-call response")).toBe(300_000);
    expect(release("replicas: 2", "{ metrics: none }").rto.verdict).toBe("unknown");
  });

  it("loses no data by itself", () => {
    expect(totalOf(release("replicas: 2").rpo.predicted)).toBe(0);
  });

  it("waits for a person although the file declares when a canary is aborted", () => {
    const canary = "replicas: 2, rollout: { strategy: { canary: { steps: [10%], pause: 1m, abort: { errors: 5% } } } }";
    expect(termOf(release(canary).rto.predicted, "on-call response")).toBe(300_000);
  });

  describe("on a pool of one node for each replica", () => {
    const shutdown = "shutdown of replaced pods";
    const onPool = (count: string, unit: string) =>
      rowOf(
        sheetOf(`
platform: shop
provide: in-cluster
nodes: { rack: { type: rack, allocatable: { cpu: 2, memory: 8Gi }, count: ${count} } }
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, replicas: 3, cpu: 1500m, memory: 1Gi, grace: 20s, ${unit} } }
objectives: { rto: 1h, rpo: 1m }
observe: { metrics: prometheus }
`),
        "bad-release",
        "web",
      ).rto.predicted;

    it("is never rolled back if no node is free for the new pod", () => {
      expect(onPool("3", "rollout: { surge: 1, unavailable: 0 }").kind).toBe("unbounded");
      expect(onPool("3", "rollout: { surge: 0, unavailable: 1 }").kind).toBe("bounded");
    });

    it("waits for each pod that ends, unless there is room for all of them", () => {
      expect(termOf(onPool("4", "rollout: { surge: 1 }"), shutdown)).toBe(3 * 20_000);
      expect(termOf(onPool("3", "rollout: { surge: 0, unavailable: 1 }"), shutdown)).toBe(3 * 20_000);
      expect(termsOf(onPool("6", "rollout: { surge: 1 }"))).not.toContain(shutdown);
    });
  });

  it("waits for a node that the autoscaler adds for the new pod", () => {
    const pool = "nodes: { rack: { type: rack, allocatable: { cpu: 2, memory: 8Gi }, count: 3..4 } }";
    const terms = termsOf(
      rowOf(
        sheetOf(`
platform: shop
cloud: aws
cluster: { autoscaler: true }
${pool}
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, replicas: 3, cpu: 1500m, memory: 1Gi } }
objectives: { rto: 1h, rpo: 1m }
observe: { metrics: prometheus }
`),
        "bad-release",
        "web",
      ).rto.predicted,
    );
    expect(terms).toContain("new node provisioned");
  });

  it("waits for the end of every pod that is replaced in place", () => {
    const recreated = release("replicas: 4, grace: 40s, rollout: { strategy: recreate }").rto.predicted;
    expect(termOf(recreated, "shutdown of replaced pods")).toBe(40_000);
  });
});
