import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf, totalOf } from "../support/promises/rows.js";

const sheet = (backups: string) =>
  sheetOf(`
platform: shop
cloud: aws
stores:
  orders: { postgres: 17, size: 50G, backups: ${backups} }
objectives: { rto: 4h, rpo: 1h }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`);
const day = 86_400_000;

describe("backup-corruption", () => {
  it("loses no more than database-loss if the WAL reaches back to the previous backup", () => {
    const both = sheet("{ full: daily keep 30d, log: 5m keep 2d }");
    const lost = rowOf(both, "database-loss", "orders").rpo.predicted;
    expect(totalOf(rowOf(both, "backup-corruption", "orders").rpo.predicted)).toBe(totalOf(lost));
  });

  it("loses two backup intervals if the WAL does not reach back that far", () => {
    const { rpo } = rowOf(sheet("{ full: daily keep 30d, log: 5m keep 47h }"), "backup-corruption", "orders");
    expect(termOf(rpo.predicted, "age of the backup before the newest")).toBe(2 * day);
    expect(rpo.verdict).toBe("broken");
  });

  it("is unbounded if only one backup is retained", () => {
    const { rpo } = rowOf(sheet("{ full: daily keep 1d, log: 5m keep 2d }"), "backup-corruption", "orders");
    expect(rpo.predicted).toMatchObject({
      kind: "unbounded",
      why: expect.stringContaining("there may be no second one"),
    });
  });

  it("takes longer than database-loss: one failed restore and twice the WAL", () => {
    const both = sheet("{ full: daily keep 30d, log: 5m keep 7d }");
    const plain = rowOf(both, "database-loss", "orders").rto.predicted;
    const corrupt = rowOf(both, "backup-corruption", "orders").rto.predicted;
    expect(termOf(corrupt, "replay of the log")).toBeCloseTo(2 * termOf(plain, "replay of the log"), 0);
    expect(termOf(corrupt, "failed restore of the corrupt backup")).toBe(termOf(plain, "restore of the backup"));
  });
});
