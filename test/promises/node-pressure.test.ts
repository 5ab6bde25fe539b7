import { describe, expect, it } from "vitest";
import { alertExpression } from "../../src/promises/alert-condition.js";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const shop = (rest: string, metrics = "prometheus") =>
  sheetOf(`
platform: shop
cloud: aws
zones: 3
provide: in-cluster
${rest}
objectives: { rto: 30m, rpo: 5m }
observe: { metrics: ${metrics}, routes: { critical: pagerduty } }
`);
const web = (unit: string, nodes = "") =>
  rowOf(
    shop(
      `services: { web: { image: registry.example.com/web:1.0.0, port: 8080, cpu: 1, memory: 1Gi, ${unit} } }\n${nodes}`,
    ),
    "node-pressure",
    "web",
  );
const store = (settings: string, rest = "", metrics?: string) =>
  rowOf(shop(`stores: { orders: { size: 20Gi, ${settings} } }\n${rest}`, metrics), "node-pressure", "orders");

describe("an evicted pod", () => {
  it("is no outage if replicas on other nodes suffice, beyond the update of the endpoints", () => {
    expect(totalOf(web("replicas: 2, spread: { nodes: require }").rto.predicted)).toBe(2_000);
  });

  it("starts on another node with room at once, because the node that evicted it is not lost", () => {
    const { predicted } = web("replicas: 1", "nodes: { own: { type: m5.large, count: 3 } }").rto;
    expect(termsOf(predicted)).toEqual([
      "capacity on another node",
      "pod scheduled",
      "image pull",
      "start to ready",
      "endpoints updated",
    ]);
  });

  it("returns to its node without room elsewhere, once the pressure has ended: that is never unbounded", () => {
    const { predicted } = web("replicas: 1", "nodes: { own: { type: m5.large, count: 1 } }").rto;
    expect(termOf(predicted, "pressure of the node ends")).toBe(310_000);
  });

  it("loses what it had on the disk of its node, and no persistent volume", () => {
    const gateway = shop("services: { web: { modules: [gateway] } }");
    expect(totalOf(rowOf(gateway, "node-pressure", "web").rpo.predicted)).toBe(5_000);
    const volume = web("volumes: { data: { mount: /data, size: 1Gi, persistent: true } }");
    expect(totalOf(volume.rpo.predicted)).toBe(0);
  });

  it("has an alert on the condition of nodes", () => {
    const { condition } = web("replicas: 2").alert;
    expect(condition.kind === "metric" && alertExpression(condition)).toBe(
      'sum(kube_node_status_condition{condition=~"MemoryPressure|DiskPressure|PIDPressure", status="true"}) > 0',
    );
  });
});

describe("a full volume", () => {
  it("stops a database until a person has made it larger, also with a standby: its operator does not fail it over", () => {
    for (const settings of ["postgres: 17", "postgres: 17, replicas: 3"]) {
      const { predicted } = store(settings).rto;
      expect(termOf(predicted, "volume made larger")).toBe(600_000);
      expect(termOf(predicted, "on-call response")).toBe(300_000);
      expect(termOf(predicted, "restart back-off")).toBe(300_000);
    }
  });

  it("does not grow on a disk of its node, and may not where its kind is not known", () => {
    expect(store("postgres: 17", "cluster: { volumes: local }").rto.predicted.kind).toBe("unbounded");
    expect(store("postgres: 17, storageClass: fast").rto.predicted.kind).toBe("unknown");
  });

  it("is not noticed without metrics", () => {
    expect(store("postgres: 17", "", "none").rto.verdict).toBe("unknown");
  });

  it("does not concern a cache without an append-only file, which is evicted with its node at most", () => {
    expect(termsOf(store("redis: 7").rto.predicted)).not.toContain("volume made larger");
    expect(termsOf(store("redis: 7, persistence: true").rto.predicted)).toContain("volume made larger");
  });

  it("concerns a managed database, but no eviction does", () => {
    const sheet = shop("stores: { orders: { postgres: 17, provide: managed }, cache: { redis: 7, provide: managed } }");
    const { predicted } = rowOf(sheet, "node-pressure", "orders").rto;
    expect(termsOf(predicted)).toContain("volume made larger");
    expect(termsOf(predicted)).not.toContain("restart back-off");
    expect(sheet.rows.filter(({ fault }) => fault === "node-pressure").map(({ subject }) => subject)).toEqual([
      "orders",
    ]);
  });

  it("has an alert on the bytes that are left, which does not fire where none are reported", () => {
    const { condition } = store("postgres: 17").alert;
    expect(condition.kind === "metric" && alertExpression(condition)).toBe(
      `min(kubelet_volume_stats_available_bytes{namespace="shop", persistentvolumeclaim=~"(data-)?orders-[0-9]+"}) < ${Math.floor(0.15 * 20 * 2 ** 30)}`,
    );
  });
});

describe("a full disk of one machine", () => {
  it("is unknown, because nothing notifies a person, and loses nothing that was acknowledged", () => {
    const sheet = sheetOf(
      "platform: shop\nprovide: embedded\nstores: { orders: { postgres: 17 } }\nobjectives: { rto: 1m, rpo: 1m }\n",
    );
    const { rto, rpo } = rowOf(sheet, "node-pressure", "orders");
    expect([rto.verdict, rpo.verdict]).toEqual(["unknown", "kept"]);
  });
});
