import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scaleUpSteps } from "../../src/promises/facts/autoscaler.js";
import { smallerFaults } from "../../src/promises/faults/index.js";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";

const shop = (rest: string) =>
  sheetOf(`
platform: shop
cloud: aws
zones: 3
${rest}
objectives: { rto: 4h, rpo: 5m }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`);
const WEB = "image: registry.example.com/web:1.0.0, port: 8080, cpu: 500m..1";

describe("the loss of a cluster", () => {
  const inCluster = (bucket: string) =>
    shop(`provide: in-cluster
stores:
  orders: { postgres: 17, standby: another-zone, backups: { full: daily keep 7d, log: 1m keep 7d, to: dumps } }
  dumps: { bucket: true${bucket} }`);

  it("is recovered from backups outside it, and takes longer than a deleted namespace", () => {
    const sheet = inCluster(", provide: managed");
    const { rto, rpo } = rowOf(sheet, "cluster-loss", "shop");
    expect(totalOf(rto.predicted)).toBeGreaterThan(totalOf(rowOf(sheet, "deletion", "shop").rto.predicted));
    expect(termsOf(rto.predicted)).toContain("restore of orders, the slowest");
    expect(rpo.predicted).toEqual(rowOf(sheet, "database-loss", "orders").rpo.predicted);
  });

  it("takes backups in it with it, and volumes", () => {
    expect(rowOf(inCluster(""), "cluster-loss", "shop").rto.predicted.kind).toBe("unbounded");
    const volume = shop(
      `services: { web: { ${WEB}, volumes: { data: { mount: /data, size: 1Gi, persistent: true } } } }`,
    );
    expect(rowOf(volume, "cluster-loss", "shop").rpo.predicted.kind).toBe("unbounded");
  });

  it("counts the longest pull and start on nodes that have no image yet", () => {
    const model =
      "models: { chat: { source: hf://o/r, parameters: 8B, engine: vllm, gpu: 1, health: { startup: 3m } } }";
    const { predicted } = rowOf(shop(`services: { web: { ${WEB} } }\n${model}`), "cluster-loss", "shop").rto;
    expect(termOf(predicted, "image pull")).toBe(480_000);
    expect(termOf(predicted, "start of chat, the slowest")).toBe(180_000);
  });

  it("gives the entrance another address, which has to leave the caches of DNS meanwhile", () => {
    const rebuilt = (entrance: string, regions = "") =>
      rowOf(
        shop(`services: { web: { ${WEB}, replicas: 2, expose: / } }\nentrance: { ${entrance} }\n${regions}`),
        "cluster-loss",
        "shop",
      ).rto.predicted;
    const without = totalOf(rebuilt("tls: false"));
    const slow = "regions: { primary: us-east-1, failover: { ttl: 24h } }";
    const terms = ["record of the new entrance set", "the old address stays in DNS caches"];
    expect(termsOf(rebuilt("host: shop.example.com"))).toEqual(expect.arrayContaining(terms));
    expect(termOf(rebuilt("host: shop.example.com", slow), "the old address stays in DNS caches")).toBe(86_400_000);
    // 1 min + 5 min + 30 s, instead of 3 min for the image and the start
    expect(totalOf(rebuilt("host: shop.example.com")) - without).toBe(210_000);
    expect(termsOf(rebuilt("host: shop.example.com, dns: none"))).toContain("record of the new entrance set by hand");
    // A TTL alone is about no other region.
    const sheet = shop(`services: { web: { ${WEB}, expose: / } }\nentrance: { host: shop.example.com }\n${slow}`);
    expect(sheet.rows.map(({ fault }) => fault)).not.toContain("region-loss");
  });

  it("empties caches and brokers, which counts if the file promises to keep their contents", () => {
    const lost = (stores: string) =>
      rowOf(shop(`provide: in-cluster\nstores: { ${stores} }`), "cluster-loss", "shop").rpo;
    for (const store of ['jobs: { rabbitmq: "4.3" }', "sessions: { redis: 7, backups: { snapshot: hourly keep 1d } }"])
      expect(lost(store).predicted, store).toMatchObject({ kind: "unbounded" });
    const excluded = [
      'jobs: { rabbitmq: "4.3", objectives: { except: [broker-loss] } }',
      "sessions: { redis: 7, objectives: { rpo: none } }",
      'jobs: { rabbitmq: "4.3", objectives: { rpo: { cluster-loss: none } } }',
      'jobs: { rabbitmq: "4.3", provide: managed }',
    ];
    for (const store of excluded) expect(totalOf(lost(store).predicted), store).toBe(0);
  });

  it("loses nothing of managed stores", () => {
    const managed = shop("stores: { orders: { postgres: 17, backups: { full: daily keep 7d } } }");
    expect(totalOf(rowOf(managed, "cluster-loss", "shop").rpo.predicted)).toBe(0);
  });
});

describe("the loss of the control plane", () => {
  it("is no outage by itself, and is a part of the loss of the cluster", () => {
    const sheet = shop(`services: { web: { ${WEB} } }`);
    const { rto, rpo, verdict } = rowOf(sheet, "control-plane-loss", "shop");
    expect([totalOf(rto.predicted), totalOf(rpo.predicted), verdict]).toEqual([0, 0, "kept"]);
    expect(smallerFaults("cluster-loss")).toContain("control-plane-loss");
  });

  it("has no row on one machine", () => {
    const { rows } = sheetOf("platform: shop\nprovide: embedded\nservices: { web: { modules: [gateway] } }\n");
    expect(rows.map(({ fault }) => fault)).not.toContain("control-plane-loss");
  });
});

describe("an overload", () => {
  const scaled = (unit: string) => shop(`services: { web: { ${WEB}, ${unit} } }`);

  it("lasts until the autoscaler has added the replicas, more slowly if declared so", () => {
    const time = (up: string) =>
      termOf(
        rowOf(scaled(`replicas: 2..10, scale: { cpu: 70%, up: ${up} }`), "overload", "web").rto.predicted,
        "replicas added",
      );
    expect(time("aggressive")).toBe(30_000);
    expect(time("conservative")).toBe(9 * 60_000);
  });

  it("is unbounded where no rendered metric scales the component", () => {
    expect(rowOf(scaled("replicas: 2..10, scale: { queue: 5 }"), "overload", "web").rto.predicted.kind).toBe(
      "unbounded",
    );
  });

  it("has no row for a component of fixed size", () => {
    expect(scaled("replicas: 3").rows.map(({ fault }) => fault)).not.toContain("overload");
  });

  it("takes a further step wherever a replica at its limit does not show the whole load", () => {
    const read = (cpu: string, more = "") => {
      const unit = `image: registry.example.com/web:1.0.0, port: 8080, replicas: 2..6, cpu: ${cpu}`;
      return rowOf(shop(`services: { web: { ${unit}${more} } }`), "overload", "web").rto.predicted;
    };
    const steps = (cpu: string) => termOf(read(cpu), "usage read by the autoscaler") / 60_000;
    // 2, 3, 5 and 6 replicas at 1 ÷ 0.7 = 1.43 times their target; 2 and 6 at ten times as much.
    expect([steps("500m"), steps("100m..1")]).toEqual([3, 1]);
    expect(termOf(read("500m"), "image pull")).toBe(3 * termOf(read("100m..1"), "image pull"));
  });

  it("is unbounded where a replica at its limit stays within the tolerance of its target", () => {
    const unit = (target: string) =>
      `image: registry.example.com/web:1.0.0, port: 8080, replicas: 2..6, cpu: 500m, scale: { cpu: ${target} }`;
    const of = (target: string) =>
      rowOf(shop(`services: { web: { ${unit(target)} } }`), "overload", "web").rto.predicted.kind;
    expect([of("95%"), of("90%")]).toEqual(["unbounded", "bounded"]);
  });

  it("never takes longer from more replicas or where more is shown, nor less to more", () => {
    const count = fc.integer({ min: 1, max: 60 });
    const shown = fc.double({ min: 1.2, max: 20, noNaN: true });
    const way = fc.constantFrom("aggressive" as const, "conservative" as const);
    fc.assert(
      fc.property(way, count, count, shown, (up, from, to, shown) => {
        const rounds = (from: number, to: number, more = 0) => scaleUpSteps(up, from, to, shown + more)?.rounds ?? 0;
        expect(rounds(from + 1, to)).toBeLessThanOrEqual(rounds(from, to));
        expect(rounds(from, to + 1)).toBeGreaterThanOrEqual(rounds(from, to));
        expect(rounds(from, to, 1)).toBeLessThanOrEqual(rounds(from, to));
        expect(scaleUpSteps(up, from, to, shown)?.steps ?? 0).toBeGreaterThanOrEqual(rounds(from, to));
      }),
      { numRuns: runs(200) },
    );
  });
});

describe("a leak of secrets", () => {
  const leak = (secrets: string, mounted: string) =>
    rowOf(shop(`services: { web: { ${WEB}, secrets: [${mounted}] } }\nsecrets:\n${secrets}`), "secret-leak", "shop")
      .rto;

  it("ends when each secret is replaced and what mounts it has restarted", () => {
    const one = leak("  a: { keys: [k], from: file }", "a");
    const two = leak("  a: { keys: [k], from: file }\n  b: { keys: [k], from: file, rotate: 90d }", "a, b");
    expect(totalOf(two.predicted) - totalOf(one.predicted)).toBe(10 * 60_000);
    expect(termsOf(one.predicted)).toContain("restart of web, the slowest");
  });

  it("has no row without secrets", () => {
    expect(shop(`services: { web: { ${WEB} } }`).rows.map(({ fault }) => fault)).not.toContain("secret-leak");
  });
});
