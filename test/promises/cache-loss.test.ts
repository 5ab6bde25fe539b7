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

describe("the loss of a cache's contents", () => {
  it("is over once an empty server runs, where nothing is there to be loaded, and nobody is waited for", () => {
    const { rto, rpo } = row("{ redis: 7 }");
    expect(termsOf(rto.predicted)).toEqual(["probe", "a new server", "clients reconnect"]);
    expect(totalOf(rto.predicted)).toBe(30 * second + minute + 5 * second);
    expect(rto.verdict).toBe("kept");
    expect(rpo).toMatchObject({ verdict: "broken", predicted: { kind: "unbounded" } });
  });

  it("lasts until somebody has loaded the snapshot, and costs what came since it", () => {
    const { rto, rpo, verdict } = row("{ redis: 7, size: 8G, backups: { snapshot: hourly keep 7d } }");
    expect(termOf(rto.predicted, "somebody begins")).toBe(5 * minute);
    expect(termOf(rto.predicted, "restore of the backup")).toBe((8e9 / 80e6) * second);
    expect(termsOf(rpo.predicted)).toEqual(["backup interval", "time that a backup takes"]);
    expect(termOf(rpo.predicted, "backup interval")).toBe(60 * minute);
    expect(verdict).toBe("kept");
  });

  it("is unknown, and so not kept, where a snapshot waits for somebody whom nobody tells", () => {
    const { rto } = row("{ redis: 7, backups: { snapshot: hourly keep 7d } }", "{ metrics: none }");
    expect(rto).toMatchObject({ verdict: "unknown", predicted: { kind: "unknown" } });
  });

  it("costs all of a sharded cache, of which no copy is taken, whatever is declared", () => {
    const { rpo } = row("{ redis: 7, shards: 3, replicas: 1, backups: { snapshot: hourly keep 7d } }");
    expect(rpo.predicted).toMatchObject({ kind: "unbounded", why: expect.stringContaining("takes none") });
  });
});
