import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const second = 1_000;
const minute = 60 * second;

const row = (cache: string, observe = "{ metrics: prometheus, routes: { critical: pagerduty } }") =>
  rowOf(
    sheetOf(`
platform: shop
provide: in-cluster
stores: { sessions: ${cache} }
objectives: { rto: 1h, rpo: 2h }
observe: ${observe}
`),
    "cache-loss",
    "sessions",
  );

describe("cache-loss", () => {
  it("lasts until an empty server runs if there is no snapshot, without an on-call response", () => {
    const { rto, rpo } = row("{ redis: 7 }");
    expect(termsOf(rto.predicted)).toEqual(["probe", "new server provisioned", "clients reconnect"]);
    expect(totalOf(rto.predicted)).toBe(30 * second + minute + 5 * second);
    expect(rto.verdict).toBe("kept");
    expect(rpo).toMatchObject({ verdict: "broken", predicted: { kind: "unbounded" } });
  });

  it("is no longer with a snapshot, which bounds what is lost and not when the cache serves", () => {
    const { rto, rpo, verdict } = row("{ redis: 7, size: 8G, backups: { snapshot: hourly keep 7d } }");
    expect(termsOf(rto.predicted)).toEqual(["probe", "new server provisioned", "clients reconnect"]);
    expect(termsOf(rpo.predicted)).toEqual(["backup interval", "duration of a backup"]);
    expect(termOf(rpo.predicted, "backup interval")).toBe(60 * minute);
    expect(verdict).toBe("kept");
  });

  it("loses all of a sharded cache, whose declared snapshots are not taken", () => {
    const { rpo } = row("{ redis: 7, shards: 3, replicas: 1, backups: { snapshot: hourly keep 7d } }");
    expect(rpo.predicted).toMatchObject({ kind: "unbounded", why: expect.stringContaining("takes no backups") });
  });
});

describe("a cache whose volume is lost with its node", () => {
  const cache = (volumes: string) =>
    sheetOf(`
platform: shop
cloud: aws
zones: 3
provide: in-cluster
stores: { sessions: { redis: 7, persistence: true } }
cluster: { volumes: ${volumes} }
objectives: { rto: 30m, rpo: 1m }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`);

  it("is replaced by an empty one, as after the loss of its zone, and loses its contents", () => {
    const sheet = cache("local");
    const node = rowOf(sheet, "node-loss", "sessions");
    expect(node.rto.predicted).toEqual(rowOf(sheet, "zone-loss", "sessions").rto.predicted);
    expect([node.rto.verdict, node.rpo.verdict]).toEqual(["kept", "broken"]);
  });

  it("takes its volume along where another node can attach it", () => {
    const node = rowOf(cache("zonal"), "node-loss", "sessions");
    expect(termsOf(node.rto.predicted)).toContain("volume attached");
    expect(node.rpo.verdict).toBe("kept");
  });

  it("does not bound the loss where it is not known what the volume survives", () => {
    const undeclared = sheetOf(
      "platform: shop\nprovide: in-cluster\nstores: { sessions: { redis: 7, persistence: true } }\nobserve: { metrics: prometheus }\n",
    );
    const { rto, rpo } = rowOf(undeclared, "node-loss", "sessions");
    expect([rto.predicted.kind, rpo.predicted.kind]).toEqual(["bounded", "unknown"]);
  });
});
