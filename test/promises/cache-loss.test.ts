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
