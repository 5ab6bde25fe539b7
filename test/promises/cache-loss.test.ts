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

  it("lasts until an operator has loaded the snapshot, and loses the writes since then", () => {
    const { rto, rpo, verdict } = row("{ redis: 7, size: 8G, backups: { snapshot: hourly keep 7d } }");
    expect(termOf(rto.predicted, "on-call response")).toBe(5 * minute);
    expect(termOf(rto.predicted, "restore of the backup")).toBe((8e9 / 80e6) * second);
    expect(termsOf(rpo.predicted)).toEqual(["backup interval", "duration of a backup"]);
    expect(termOf(rpo.predicted, "backup interval")).toBe(60 * minute);
    expect(verdict).toBe("kept");
  });

  it("is unknown, and not kept, if a snapshot exists and no alert can fire", () => {
    const { rto } = row("{ redis: 7, backups: { snapshot: hourly keep 7d } }", "{ metrics: none }");
    expect(rto).toMatchObject({ verdict: "unknown", predicted: { kind: "unknown" } });
  });

  it("loses all of a sharded cache, whose declared snapshots are not taken", () => {
    const { rpo } = row("{ redis: 7, shards: 3, replicas: 1, backups: { snapshot: hourly keep 7d } }");
    expect(rpo.predicted).toMatchObject({ kind: "unbounded", why: expect.stringContaining("takes no backups") });
  });
});
