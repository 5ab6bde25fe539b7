import { describe, expect, it } from "vitest";
import { sheetText } from "../../src/promises/sheet-text.js";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const health =
  "health: { ready: { every: 5s, failures: 2, timeout: 1s }, live: { every: 10s, failures: 3, timeout: 2s }, startup: 40s }";
const WORKER = '  jobs: { image: "shop/jobs:1.0.0", role: worker }';
const sheet = (unit: string, rest = "") =>
  sheetOf(`
platform: shop
cloud: aws
services:
  web: { modules: [accounts], grace: 20s, ${health}, ${unit} }
${rest.startsWith(" ") ? rest : ""}
objectives: { rto: 2m }
${rest.startsWith(" ") ? "" : rest}`);

describe("process-crash", () => {
  it("lasts until the readiness probe has failed if the unit has another replica", () => {
    const { rto } = rowOf(sheet("replicas: 2"), "process-crash", "web");
    expect(termsOf(rto.predicted)).toEqual(["readiness probe", "endpoints updated"]);
    expect(termOf(rto.predicted, "readiness probe")).toBe(2 * 5_000 + 1_000);
  });

  it("waits for each probe that takes longer than its period: the next one is sent after it", () => {
    const slow = `replicas: 2, health: { ready: { every: 5s, failures: 3, timeout: 30s } }`;
    const text = `
platform: shop
cloud: aws
services:
  web: { modules: [accounts], ${slow} }
objectives: { rto: 2m }
observe: { metrics: prometheus }
`;
    const { rto } = rowOf(sheetOf(text), "process-crash", "web");
    expect(termOf(rto.predicted, "readiness probe")).toBe(5_000 + 3 * 30_000);
  });

  it("takes a single replica the liveness probe, the grace period, the back-off and the start", () => {
    const { rto } = rowOf(sheet("replicas: 1"), "process-crash", "web");
    expect(termOf(rto.predicted, "liveness probe")).toBe(3 * 10_000 + 2_000);
    expect(termOf(rto.predicted, "shutdown grace period of the hung process")).toBe(20_000);
    expect(termOf(rto.predicted, "restart back-off")).toBe(10_000);
    expect(termOf(rto.predicted, "start to ready")).toBe(40_000);
    expect(rto.verdict).toBe("kept");
  });

  it("is not detected for a single replica without a port, and has no effect on several", () => {
    const single = rowOf(sheet("replicas: 1", WORKER), "process-crash", "jobs");
    expect(single.rto).toMatchObject({
      verdict: "broken",
      predicted: { kind: "unbounded", why: "jobs has no port to probe, so a hang is not detected" },
    });
    const several = rowOf(sheet("replicas: 1", WORKER.replace("role", "replicas: 2, role")), "process-crash", "jobs");
    expect(several.rto).toMatchObject({ verdict: "kept", predicted: { total: 0 } });
  });

  it("of one of several workers lasts until the broker delivers its messages to another", () => {
    const worker = (broker: string) =>
      rowOf(
        sheetOf(`
platform: shop
cloud: aws
provide: in-cluster
services: { jobs: { image: "shop/jobs:1.0.0", role: worker, replicas: 2, calls: [broker] } }
stores: { broker: ${broker} }
objectives: { rto: 10m }
`),
        "process-crash",
        "jobs",
      ).rto;
    const quorum = worker('{ rabbitmq: "4.3" }');
    expect(termOf(quorum.predicted, "messages of the hung replica delivered again")).toBe(31 * 60_000);
    expect(quorum.verdict).toBe("broken");
    expect(totalOf(worker('{ rabbitmq: "4.2", queues: classic }').predicted)).toBe(31 * 60_000);
    expect(worker('{ rabbitmq: "4.3", queues: classic }').predicted).toMatchObject({
      kind: "unbounded",
      why: expect.stringContaining("no consumer timeout"),
    });
    expect(totalOf(worker('{ rabbitmq: "4.3", queues: stream }').predicted)).toBe(0);
    expect(totalOf(worker("{ redis: 7 }").predicted)).toBe(0);
  });

  it("is restarted by the supervisor on a laptop, without the kubelet's back-off", () => {
    const laptop = sheetOf(`
platform: shop
provide: embedded
services:
  web: { modules: [accounts] }
objectives: { rto: 1m }
`);
    const { rto } = rowOf(laptop, "process-crash", "web");
    expect(termsOf(rto.predicted)).toEqual(["liveness probe", "restart back-off", "start to ready"]);
    expect(rto.verdict).toBe("kept");
  });

  it("is detected on a laptop by the slowest liveness probe of the units in the process", () => {
    const laptop = sheetOf(`
platform: shop
provide: embedded
services:
  web: { modules: [accounts], health: { live: { every: 1s, failures: 3 } } }
  slow: { modules: [usage], health: { live: { every: 5s, failures: 12 } } }
stores:
  orders: { postgres: 17 }
objectives: { rto: 5m }
`);
    const detection = (subject: string) =>
      termOf(rowOf(laptop, "process-crash", subject).rto.predicted, "liveness probe");
    expect(detection("web")).toBe(12_000);
    expect(detection("slow")).toBe(60_000);
    expect(termsOf(rowOf(laptop, "process-crash", "orders").rto.predicted)).toContain("a hung server is killed");
  });

  it("is unknown, and not kept, on a laptop for elements that keelson up does not run", () => {
    const text = `
platform: shop
provide: embedded
cloud: aws
services:
  web: { modules: [gateway], calls: [search], expose: true }
  search: { image: "opensearchproject/opensearch:2.17.0", port: 9200, objectives: { rpo: none } }
stores:
  orders: { postgres: 17 }
  sessions: { redis: 7, persistence: true, backups: { snapshot: hourly keep 1d } }
  jobs: { rabbitmq: "4.0" }
objectives: { rto: 5m, rpo: 2h, availability: 90% }
`;
    const laptop = sheetOf(text);
    for (const subject of ["search", "sessions", "jobs"]) {
      const { rto, rpo, verdict } = rowOf(laptop, "process-crash", subject);
      expect(verdict).toBe("unknown");
      for (const { predicted } of [rto, rpo]) {
        if (predicted.kind !== "unknown") throw new Error(`${subject} is predicted`);
        expect(predicted.why).toMatch(/^not run here: keelson up runs /);
        expect(predicted.fix?.advice).toContain("rto: none");
      }
    }
    expect(sheetText(laptop)).toContain("  fix: set no objectives for it in this environment");
    expect(rowOf(laptop, "process-crash", "search").rpo.verdict).toBe("not-promised");
    expect(rowOf(laptop, "cache-loss", "sessions").verdict).toBe("unknown");
    for (const subject of ["web", "orders"]) expect(rowOf(laptop, "process-crash", subject).verdict).toBe("kept");
    expect(laptop.availability[0]?.predicted).toMatchObject({
      kind: "unknown",
      why: expect.stringContaining("search is not run here"),
    });

    const cluster = sheetOf(text.replace("embedded", "in-cluster"));
    for (const subject of ["search", "sessions"])
      expect(rowOf(cluster, "process-crash", subject).rto.predicted.kind).toBe("bounded");
    expect(cluster.availability[0]?.predicted.kind).toBe("known");
  });

  it("waits for a person if CloudNativePG's PostgreSQL hangs, which its operator does not notice", () => {
    const text = (observe: string) =>
      sheet("replicas: 1", `stores: { orders: { postgres: 17, provide: in-cluster, replicas: 2 } }\n${observe}`);
    const { rto } = rowOf(text("observe: { metrics: prometheus }\n"), "process-crash", "orders");
    expect(termsOf(rto.predicted)).toEqual([
      "alert fires",
      "alert evaluated and sent",
      "on-call response",
      "hung server killed by hand",
      "failover",
      "clients reconnect",
    ]);
    // The standby is up, so an alert on the last server would not fire.
    const { alert } = rowOf(text("observe: { metrics: prometheus }\n"), "process-crash", "orders");
    expect(alert).toMatchObject({ name: "server-down", condition: { comparison: "below", threshold: 2 } });
    expect(rowOf(text("observe: { metrics: none }\n"), "process-crash", "orders").rto.predicted).toMatchObject({
      kind: "unknown",
      why: expect.stringContaining("no one is notified that a server of orders hangs"),
    });
  });

  it("loses nothing of a database, one second of a persistent cache, and all of a cache in memory", () => {
    const stores = sheet(
      "replicas: 1",
      `stores:
  orders: { postgres: 17 }
  sessions: { redis: 7, persistence: true, provide: in-cluster }
  scratch: { redis: 7, provide: in-cluster }
`,
    );
    expect(totalOf(rowOf(stores, "process-crash", "orders").rpo.predicted)).toBe(0);
    expect(totalOf(rowOf(stores, "process-crash", "sessions").rpo.predicted)).toBe(1_000);
    expect(rowOf(stores, "process-crash", "scratch").rpo.predicted.kind).toBe("unbounded");
  });

  it("loses all of a persistent cache of ElastiCache, which supports no append-only file", () => {
    const stores = sheet("replicas: 1", "stores: { sessions: { redis: 7, persistence: true } }\n");
    expect(rowOf(stores, "process-crash", "sessions").rpo.predicted.kind).toBe("unbounded");
  });
});
