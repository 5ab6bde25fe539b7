import { describe, expect, it } from "vitest";
import type { Row } from "../../src/promises/sheet.js";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const platform = (unit: string, rest = "zones: 3") =>
  sheetOf(`
platform: shop
cloud: aws
${rest}
services:
  web: { modules: [accounts], ${unit} }
stores:
  orders: { postgres: 17, standby: another-zone, backups: { full: daily keep 30d, log: 5m keep 7d } }
objectives: { rto: 5m, rpo: 10m }
observe: { metrics: prometheus }
`);

describe("node-loss", () => {
  it("is detected after the node monitor grace period, which depends on the Kubernetes version", () => {
    const old = rowOf(platform("replicas: 2, spread: nodes", 'cluster: { kubernetes: "1.31" }'), "node-loss", "web");
    const recent = rowOf(platform("replicas: 2, spread: nodes", 'cluster: { kubernetes: "1.32" }'), "node-loss", "web");
    expect(termOf(old.rto.predicted, "node marked unready")).toBe(45_000);
    expect(termOf(recent.rto.predicted, "node marked unready")).toBe(55_000);
  });

  it("takes five minutes of toleration if all replicas may have been on the node", () => {
    const { rto } = rowOf(platform("replicas: 2, spread: { nodes: prefer, zones: none }"), "node-loss", "web");
    expect(termOf(rto.predicted, "eviction of its pods")).toBe(300_000);
    expect(rto.verdict).toBe("broken");
  });

  it("waits for an operator who releases a pod with a volume: Kubernetes does not move it by itself", () => {
    const { rto } = rowOf(
      platform("replicas: 1, volumes: { state: { size: 1Gi, persistent: true } }"),
      "node-loss",
      "web",
    );
    expect(termsOf(rto.predicted)).toEqual([
      "node marked unready",
      "alert fires",
      "alert evaluated and sent",
      "on-call response",
      "pod released from the lost node by hand",
      "capacity on another node",
      "pod scheduled",
      "volume attached",
      "image pull",
      "start to ready",
      "endpoints updated",
    ]);
  });

  it("needs a new node only if the pool has no spare capacity", () => {
    const pools = (count: string) => `zones: 3\nnodes: { general: { type: m5.xlarge, count: ${count} } }`;
    const spare = rowOf(platform("replicas: 1, cpu: 1, memory: 1Gi", pools("2..4")), "node-loss", "web");
    const full = rowOf(platform("replicas: 1, cpu: 1, memory: 1Gi", pools("1..4")), "node-loss", "web");
    expect(termOf(spare.rto.predicted, "capacity on another node")).toBe(0);
    expect(termOf(full.rto.predicted, "new node provisioned")).toBe(300_000);
  });

  it("does not apply to a laptop: that machine is the platform", () => {
    const laptop = sheetOf("platform: shop\nprovide: embedded\nservices: { web: { modules: [accounts] } }\n");
    expect(laptop.rows.filter(({ fault }) => fault === "node-loss" || fault === "zone-loss")).toEqual([]);
  });
});

describe("zone-loss", () => {
  it("is kept by replicas that are required in different zones, and by a standby in another zone", () => {
    const sheet = platform("replicas: 2, spread: zones");
    expect(rowOf(sheet, "zone-loss", "web").verdict).toBe("kept");
    expect(totalOf(rowOf(sheet, "zone-loss", "orders").rpo.predicted)).toBe(0);
    expect(rowOf(sheet, "zone-loss", "orders").rto.verdict).toBe("kept");
  });

  it("assumes that all replicas were in the zone if their spread is only preferred", () => {
    const { rto } = rowOf(platform("replicas: 3, spread: { zones: prefer, nodes: require }"), "zone-loss", "web");
    expect(termsOf(rto.predicted)).toContain("eviction of its pods");
  });

  it("is unbounded for a unit with a volume, which belongs to one zone", () => {
    const { rto, rpo } = rowOf(
      platform("replicas: 1, volumes: { state: { size: 1Gi, persistent: true } }"),
      "zone-loss",
      "web",
    );
    expect([rto.predicted.kind, rpo.predicted.kind]).toEqual(["unbounded", "unbounded"]);
  });

  it("is the loss of the whole platform on a cloud whose regions have no zones", () => {
    const rows = platform("replicas: 2", "zones: 3").rows.filter(({ fault }) => fault === "zone-loss");
    expect(rows.map(({ subject }) => subject)).toEqual(["web", "orders"]);
    const [linode, ...others] = sheetOf(
      "platform: shop\ncloud: linode\nzones: 3\nservices: { web: { modules: [accounts], replicas: 3 } }\nobjectives: { rto: 5m }\n",
    ).rows.filter(({ fault }) => fault === "zone-loss");
    expect(others).toEqual([]);
    expect(linode).toMatchObject({
      subject: "shop",
      verdict: "broken",
      rto: { predicted: { why: expect.stringContaining("on one site: a region of Linode has no zones") } },
    });
  });

  it("has one row for the whole platform if there is only one zone", () => {
    const rows = platform("replicas: 2", "zones: 1").rows.filter(({ fault }) => fault === "zone-loss");
    expect(rows.map(({ subject, rto }) => [subject, rto.predicted.kind])).toEqual([["shop", "unbounded"]]);
  });

  it("loses the volumes of components and buckets of the only zone", () => {
    const lost = (rest: string) =>
      rowOf(sheetOf(`platform: shop\ncloud: aws\n${rest}\nobjectives: { rpo: 1h }`), "zone-loss", "shop").rpo;
    const web = (settings: string) =>
      `services: { web: { image: registry.example.com/web:1.0.0, port: 8080${settings} } }`;
    expect(totalOf(lost(web("")).predicted)).toBe(0);
    const volume = "volumes: { data: { mount: /data, size: 1Gi, persistent: true } }";
    for (const held of [
      web(`, ${volume}`),
      web(`, sidecars: { vectors: { image: registry.example.com/v:1.0.0, port: 9000, ${volume} } }`),
      `${web(", calls: [files]")}\nstores: { files: { bucket: true, provide: in-cluster } }`,
    ])
      expect(lost(held).verdict, held).toBe("broken");
    expect(lost(`${web(", calls: [files]")}\nstores: { files: { bucket: true } }`).verdict).toBe("kept");
  });

  it("has a row in the only zone for each element with its own promise", () => {
    const rows = sheetOf(`
platform: shop
cloud: aws
services:
  web: { modules: [accounts], objectives: { rto: 1m } }
  jobs: { image: "shop/jobs:1.0.0", port: 80, objectives: { rto: none } }
stores:
  orders: { postgres: 17, backups: { full: daily keep 30d, log: 5m keep 7d } }
  ledger: { postgres: 17, backups: { full: daily keep 30d, log: 30m keep 7d }, objectives: { rpo: 10m } }
  cache: { redis: 7, objectives: { rpo: none } }
objectives: { rto: 4h, rpo: 25h }
observe: { metrics: prometheus }
`).rows.filter(({ fault }) => fault === "zone-loss");
    expect(rows.map(({ subject, rto, rpo }) => [subject, rto.verdict, rpo.verdict])).toEqual([
      ["shop", "broken", "kept"],
      ["web", "broken", "kept"],
      ["ledger", "broken", "broken"],
    ]);
    expect(termOf(rows[0]?.rpo.predicted ?? { kind: "bounded", total: 0, terms: [] }, "log shipping interval")).toBe(
      300_000,
    );
  });

  it("is not promised if the objectives exclude it, and nothing else changes", () => {
    const whole = platform("replicas: 2", "zones: 1");
    const less = sheetOf(
      "platform: shop\ncloud: aws\nservices: { web: { modules: [accounts] } }\nobjectives: { rto: 5m, rpo: 10m, except: [zone-loss] }\n",
    );
    expect(rowOf(whole, "zone-loss", "shop").verdict).toBe("broken");
    expect(rowOf(less, "zone-loss", "shop").verdict).toBe("not-promised");
    expect(rowOf(less, "process-crash", "web").rto.promised).toBe(300_000);
  });

  it("counts no backup that the provider does not take", () => {
    const rows = (store: string) =>
      sheetOf(
        `platform: shop\ncloud: aws\nprovide: in-cluster\nstores: { events: ${store} }\nobjectives: { rpo: 25h }\n`,
      );
    const broker = rowOf(rows('{ rabbitmq: "4.0", backups: { snapshot: daily keep 7d } }'), "zone-loss", "shop");
    expect(broker.rpo).toMatchObject({
      verdict: "broken",
      predicted: {
        kind: "unbounded",
        why: "a snapshot backup of events is declared, but RabbitMQ StatefulSet takes no backups",
      },
    });
    const cache = rowOf(rows("{ redis: 7, backups: { snapshot: daily keep 7d } }"), "zone-loss", "shop");
    expect(cache.rpo.predicted).toMatchObject({
      why: expect.stringContaining("are stored on a volume of the same cluster"),
    });
    const database = rows("{ postgres: 17, backups: { snapshot: daily keep 7d } }");
    expect(rowOf(database, "database-loss", "events").rpo.predicted.kind).toBe("unbounded");
  });

  it("includes the backups that are stored on volumes, or in a bucket, of the same zone", () => {
    const lost = (store: string, bucket = "{ bucket: true }", zones = 1): Row => {
      const text = `platform: shop\ncloud: aws\nzones: ${zones}\nprovide: in-cluster\nstores:\n  orders: ${store}\n  away: ${bucket}\nobjectives: { rto: 24h, rpo: 25h }\nobserve: { metrics: prometheus }\n`;
      return rowOf(sheetOf(text), "zone-loss", zones === 1 ? "shop" : "orders");
    };
    const backups = "backups: { full: daily keep 30d, log: 5m keep 7d, to: away }";
    const managed = "{ bucket: true, provide: managed }";
    const operated = `{ postgres: 17, standby: same-zone, ${backups} }`;
    expect(lost(`{ postgres: 17, standby: none, ${backups} }`, managed).rpo.predicted).toMatchObject({
      kind: "unbounded",
      why: "the backups of orders are stored on a volume of the same cluster and may be lost with the zone",
    });
    expect(lost(operated).rpo.predicted).toMatchObject({ kind: "unbounded", why: expect.stringContaining("in away") });
    expect(lost(operated, managed).rpo.verdict).toBe("kept");
    expect(lost(`{ postgres: 17, standby: none, provide: managed, ${backups} }`).rpo.verdict).toBe("kept");
    for (const of of ["rto", "rpo"] as const) {
      expect(lost(operated, "{ bucket: true }", 3)[of].predicted.kind).toBe("unbounded");
      expect(lost(operated, managed, 3)[of].verdict).toBe("kept");
    }
    const cache = "{ redis: 7, backups: { snapshot: 12h keep 7d } }";
    expect(lost(cache, "{ bucket: true }", 3).rpo.predicted.kind).toBe("unbounded");
    expect(termsOf(lost(cache, "{ bucket: true }", 3).rto.predicted)).not.toContain("restore of the backup");
  });

  it("is unbounded for a Redis Cluster of the platform, which places shards without regard to zones", () => {
    const sessions = (provide: string) =>
      rowOf(
        sheetOf(
          `platform: shop\ncloud: aws\nprovide: ${provide}\nzones: 3\nstores: { sessions: { redis: 7, shards: 3, replicas: 1 } }\nobjectives: { rto: 5m, rpo: 1m }\n`,
        ),
        "zone-loss",
        "sessions",
      );
    expect(sessions("in-cluster").rpo.predicted.kind).toBe("unbounded");
    expect(sessions("in-cluster").rpo.predicted).toMatchObject({
      why: "no backup of sessions is declared, and Redis Cluster takes no backups",
      fix: { advice: "copy the data of sessions to a store that is backed up, or set no objectives for it" },
    });
    expect(sessions("in-cluster").verdict).toBe("broken");
    expect(sessions("managed").rto.verdict).toBe("kept");
  });

  it("stops a broker that loses its majority", () => {
    const broker = (zones: number) =>
      rowOf(
        sheetOf(
          `platform: shop\ncloud: aws\nzones: ${zones}\nstores: { events: { rabbitmq: "4.0", replicas: 3 } }\nobjectives: { rto: 5m }\n`,
        ),
        "zone-loss",
        "events",
      );
    expect(broker(2).rto.predicted.kind).toBe("unbounded");
    expect(broker(3).rto.verdict).toBe("kept");
  });
});
