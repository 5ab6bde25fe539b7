import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const shop = (database: string, rest = ""): string => `
platform: shop
cloud: aws
stores:
  orders: ${database}
objectives: { rto: 4h, rpo: 1h }
observe: { metrics: prometheus, alerts: { down: 2m }, routes: { critical: pagerduty } }
${rest}`;
const row = (database: string, rest?: string) => rowOf(sheetOf(shop(database, rest)), "database-loss", "orders");
const minute = 60_000;

describe("the loss of a database", () => {
  it("loses at most the log shipping interval and the segment on its way", () => {
    const { rpo } = row("{ postgres: 17, backups: { full: daily keep 30d, log: 5m keep 7d } }");
    expect(termOf(rpo.predicted, "log shipping interval")).toBe(5 * minute);
    expect(totalOf(rpo.predicted)).toBeGreaterThan(5 * minute);
    expect(totalOf(rpo.predicted)).toBeLessThan(5.1 * minute);
    expect(rpo.verdict).toBe("kept");
  });

  it("loses the interval and the time of a backup where no log is shipped", () => {
    const { rpo } = row("{ postgres: 17, size: 100G, backups: { full: daily keep 30d } }");
    expect(termOf(rpo.predicted, "backup interval")).toBe(24 * 60 * minute);
    expect(termOf(rpo.predicted, "time that a backup takes")).toBe((100e9 / 100e6) * 1000);
    expect(rpo.verdict).toBe("broken");
  });

  it("is unbounded without a backup, and says how to bound it", () => {
    const { rpo, rto, verdict } = row("{ postgres: 17 }");
    expect(rpo.predicted).toMatchObject({ kind: "unbounded", fix: { advice: "declare backups of orders" } });
    expect(rto.predicted.kind).toBe("unbounded");
    expect(verdict).toBe("broken");
  });

  it("is unbounded with a log and nothing to replay it on", () => {
    const { rpo } = row("{ postgres: 17, backups: { log: 5m keep 7d } }");
    expect(rpo.predicted).toMatchObject({ kind: "unbounded", fix: { advice: "add a full backup" } });
  });

  it("is back when somebody was told, a server was made, the backup restored and the log replayed", () => {
    const { rto } = row("{ postgres: 17, size: 50G, backups: { full: daily keep 30d, log: 5m keep 7d } }");
    expect(termsOf(rto.predicted)).toEqual([
      "probe",
      "alert fires",
      "somebody begins",
      "a new server",
      "restore of the backup",
      "the log is fetched",
      "replay of the log",
      "clients reconnect",
    ]);
    expect(termOf(rto.predicted, "restore of the backup")).toBe((50e9 / 50e6) * 1000);
    expect(termOf(rto.predicted, "alert fires")).toBe(2 * minute);
    expect(termOf(rto.predicted, "somebody begins")).toBe(5 * minute);
  });

  it("takes longer where nobody is paged", () => {
    const paged = row("{ postgres: 17, backups: { full: daily } }");
    const seen = rowOf(
      sheetOf(shop("{ postgres: 17, backups: { full: daily } }").replace(", routes: { critical: pagerduty }", "")),
      "database-loss",
      "orders",
    );
    expect(termOf(seen.rto.predicted, "somebody begins")).toBe(30 * minute);
    expect(totalOf(seen.rto.predicted)).toBeGreaterThan(totalOf(paged.rto.predicted));
  });

  it("is unknown, and so not kept, where nobody is told", () => {
    const blind = shop("{ postgres: 17, backups: { full: daily keep 30d, log: 5m keep 7d } }").replace(
      /observe: .*/,
      "observe: { metrics: none }",
    );
    const { rto } = rowOf(sheetOf(blind), "database-loss", "orders");
    expect(rto).toMatchObject({ verdict: "unknown", predicted: { kind: "unknown" } });
  });

  it("needs nobody on a laptop: the supervisor restores", () => {
    const laptop = `
platform: shop
provide: embedded
stores:
  orders: { postgres: 17, size: 1G, backups: { full: 30m keep 7d, log: 30s keep 7d } }
objectives: { rto: 1m, rpo: 1m }
`;
    const { rto, rpo } = rowOf(sheetOf(laptop), "database-loss", "orders");
    expect(termsOf(rto.predicted)).not.toContain("somebody begins");
    expect([rto.verdict, rpo.verdict]).toEqual(["kept", "kept"]);
  });

  it("counts every segment that the shipping interval closes, however little was written", () => {
    const fetched = (schedules: string) => {
      const own = `{ postgres: 17, provide: in-cluster, size: 50G, backups: { ${schedules}, to: copies } }`;
      return termOf(row(`${own}\n  copies: { bucket: true }`).rto.predicted, "the log is fetched");
    };
    expect(fetched("full: daily keep 30d, log: 5m keep 7d")).toBe(288 * 500);
    expect(fetched("full: daily keep 30d, log: 30s keep 7d")).toBe(2880 * 500);
    expect(fetched("full: hourly keep 30d, log: 30s keep 7d")).toBe(120 * 500);
  });

  it("takes a provider at its own intervals where the file asks for shorter ones, and cites it", () => {
    const { rpo, rto } = row("{ postgres: 17, backups: { full: 6h keep 90d, log: 30s keep 7d } }");
    if (rpo.predicted.kind !== "bounded") throw new Error("expected a bound");
    expect(rpo.predicted.terms[0]).toMatchObject({
      name: "log shipping interval",
      value: 5 * minute,
      origin: { kind: "citation", source: expect.stringContaining("RDS") },
    });
    // A day of log to fetch, since the last full backup that RDS takes.
    expect(termOf(rto.predicted, "the log is fetched")).toBe(288 * 500);
  });

  it("names the line of each declared term and a source for each of the others", () => {
    const { rto, rpo } = row("{ postgres: 17, backups: { full: daily keep 30d, log: 5m keep 7d } }");
    for (const { predicted } of [rto, rpo]) {
      if (predicted.kind !== "bounded") throw new Error("expected a bound");
      for (const { origin } of predicted.terms) {
        if (origin.kind === "citation") expect(origin.source.length).toBeGreaterThan(10);
        else if (origin.kind === "assumption") expect(origin.why.length).toBeGreaterThan(10);
        else if (origin.kind !== "measurement") expect(origin.line).toBeGreaterThan(0);
      }
    }
  });
});
